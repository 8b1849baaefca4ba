// Nothing but inference: a model's runs one after the other on one picture of noise. Arguments: model, threads, runs.
// Prints { wallMs, cpuMs } of the runs alone, as one line of JSON. No thread spins between two runs: that would only add CPU.
const { InferenceSession, Tensor } = require('onnxruntime-node');

async function main([model, threads, runs]) {
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: Number(threads),
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const [{ name, shape, type }] = session.inputMetadata;
  const values = Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, () => Math.random() * 255);
  const feeds = { [name]: new Tensor(type, values, shape) };
  for (let warmUp = 0; warmUp < 3; warmUp += 1) await session.run(feeds);
  const [start, cpuStart] = [performance.now(), process.cpuUsage()];
  for (let run = 0; run < Number(runs); run += 1) await session.run(feeds);
  const { user, system } = process.cpuUsage(cpuStart);
  process.stdout.write(`${JSON.stringify({ wallMs: performance.now() - start, cpuMs: (user + system) / 1000 })}\n`);
}

main(process.argv.slice(2));
