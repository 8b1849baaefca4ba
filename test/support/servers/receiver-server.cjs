/* A server that keeps the results that are posted to it, each on the disk before it answers: `node receiver-server.cjs PORT FILE`. */
const { appendFileSync } = require('node:fs');
const { createServer } = require('node:http');
const process = require('node:process');

const [port, file] = process.argv.slice(2);
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    for (const record of [body].flat()) appendFileSync(file, `${JSON.stringify(record)}\n`);
    response.writeHead(204).end();
  });
});
server.listen(Number(port), '127.0.0.1', () => { process.stdout.write(`ready ${server.address().port}\n`); });
process.stdin.on('end', () => process.exit()).resume();
