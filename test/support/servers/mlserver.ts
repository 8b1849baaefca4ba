import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pythonProgram } from '../python.js';
import { startChild } from './child.js';

/** MLServer (Seldon's, of PyPI) with one ONNX model, over HTTP and gRPC. */
export async function startMlserver(name: string, model: string): Promise<{ readonly httpUrl: string; readonly grpcUrl: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'mlserver-'));
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  mkdirSync(join(folder, name));
  copyFileSync(join(__dirname, 'mlserver', 'onnx_runtime_model.py'), join(folder, 'onnx_runtime_model.py'));
  writeFileSync(join(folder, name, 'model-settings.json'), JSON.stringify({ name, implementation: 'onnx_runtime_model.OnnxRuntimeModel', parameters: { uri: model } }));
  writeFileSync(join(folder, 'settings.json'), JSON.stringify({ debug: false, host: '127.0.0.1', http_port: http, grpc_port: grpc, metrics_port: metrics, parallel_workers: 0 }));
  const child = startChild(pythonProgram(), ['-c', START, folder]);
  await child.waitForLine(/^ready$/);
  return { httpUrl: `http://127.0.0.1:${http}`, grpcUrl: `grpc://127.0.0.1:${grpc}`, stop: () => child.stop() };
}

/** Starts it as its command line does, and says when the models are there. */
const START = `
import asyncio, os, sys
os.chdir(sys.argv[1])
sys.path.insert(0, sys.argv[1])
from mlserver import MLServer
from mlserver.cli.serve import load_settings
async def main():
    settings, models = await load_settings(sys.argv[1])
    server = MLServer(settings)
    serving = asyncio.create_task(server.start(models))
    while not serving.done():
        await asyncio.sleep(0.1)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", settings.http_port)
            writer.write(b"GET /v2/models/%s/ready HTTP/1.0\\r\\n\\r\\n" % models[0].name.encode())
            if b" 200 " in await reader.readline():
                print("ready", flush=True)
                break
        except OSError:
            pass
    await serving
asyncio.run(main())
`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
