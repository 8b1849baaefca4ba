import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { cpuMsOf, memoryMiBOf, treeOf } from '../../../bench/support/process-tree.js';
import { runProgram } from '../../../bench/support/program.js';

const BURN = 'for (const start = process.cpuUsage().user; process.cpuUsage().user < start + 200_000;);';

describe('process tree', function () {
  before(function () { if (process.platform !== 'linux') this.skip(); });

  it('a process and the children of its children are counted, others are not', async () => {
    const child = spawn(process.execPath, ['-e', `require('child_process').spawn(process.execPath, ['-e', 'console.log(process.pid); setInterval(() => {}, 1e6)'], { stdio: 'inherit' })`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const grandchild = Number(await firstOutput(child));
    try {
      assert.deepEqual(treeOf(child.pid ?? 0), [child.pid, grandchild]);
      assert.ok(treeOf(process.pid).includes(grandchild));
      assert.ok(memoryMiBOf([child.pid ?? 0, grandchild]) > memoryMiBOf([grandchild]));
      assert.ok(cpuMsOf([child.pid ?? 0, grandchild]) > 0);
    } finally {
      process.kill(grandchild);
      child.kill();
    }
  });

  it('a process that has ended has nothing', () => {
    assert.deepEqual([cpuMsOf([2 ** 30]), memoryMiBOf([2 ** 30])], [0, 0]);
  });
});

describe('runProgram', function () {
  before(function () { if (process.platform !== 'linux') this.skip(); });

  it('counts the CPU of a child of the program, and gives the last line', async () => {
    const { sample, lastLine } = await runProgram('bash', ['-c', `"$0" -e "$1"; echo one; echo two`, process.execPath, BURN]);
    assert.ok(sample.cpuMs >= 200, `${sample.cpuMs}`);
    assert.equal(lastLine, 'two');
  });

  it('rejects with the exit code and the standard error of what fails', async () => {
    await assert.rejects(runProgram('bash', ['-c', 'echo no >&2; exit 3']), /exit code 3: no/);
  });

  it('rejects where there is no such program', async () => {
    await assert.rejects(runProgram('/nonexistent/program', []), /ENOENT/);
  });
});

async function firstOutput(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout);
  return String((await once(child.stdout, 'data'))[0]);
}
