import assert from 'node:assert/strict';
import { setImmediate as settle } from 'node:timers/promises';

import { LaneAdmission } from '../../../dist/runtime/engine/lane-admission.js';
import { FakeClock } from '../../support/fake-clock.js';

/** An admission of named streams; `told` is what it said to them. */
function admissionOf(streams: Readonly<Record<string, number>>, room = 1) {
  const clock = new FakeClock();
  const told: string[] = [];
  const lane = { isIdle: false };
  const admission = new LaneAdmission<string, string>({
    room, clock, isIdle: () => lane.isIdle,
    onGo: (port) => { told.push(`${port} goes`); },
    onAsking: (port, isOn) => { told.push(`${port} ${isOn ? 'asks' : 'sends'}`); },
  });
  for (const [name, priority] of Object.entries(streams)) admission.open(name, priority);
  const heard = (): string => told.splice(0).join(', ');
  return { admission, clock, lane, heard };
}

describe('engine/lane-admission', () => {
  it('two streams send their runs as they come', () => {
    const { admission, heard } = admissionOf({ a: 0, b: 0 });
    admission.push('a', 'a1');
    admission.push('b', 'b1');
    assert.deepEqual([heard(), admission.count(() => true), admission.take(), admission.take(), admission.take()], ['', 2, 'a1', 'b1', undefined]);
  });

  it('with a third all ask, until it has gone', () => {
    const { admission, heard } = admissionOf({ a: 0, b: 0, c: 0 });
    assert.equal(heard(), 'a asks, b asks, c asks');
    admission.open('d', 0);
    assert.equal(heard(), 'd asks');
    admission.close('a');
    assert.equal(heard(), '');
    admission.close('b');
    assert.equal(heard(), 'c sends, d sends');
  });

  it('where several runs are one, as many more may send as they come', () => {
    assert.equal(admissionOf({ a: 0, b: 0, c: 0, d: 0, e: 0 }, 4).heard(), '');
  });

  it('one goes at a time, by priority, the next one when its run is taken', () => {
    const { admission, heard } = admissionOf({ a: 0, b: 4, c: -4 });
    heard();
    for (const name of ['c', 'a', 'b']) admission.ask(name);
    assert.equal(heard(), 'c goes', 'the lane was free');
    admission.push('c', 'c1');
    assert.equal(heard(), '');
    assert.equal(admission.take(), 'c1');
    assert.equal(heard(), 'b goes');
    assert.equal(admission.take(), undefined, 'its frames are being made');
    admission.push('b', 'b1');
    assert.equal(admission.take(), 'b1');
    assert.equal(heard(), 'a goes');
  });

  it('who has no turn any more passes, and who leaves is forgotten', () => {
    const { admission, heard } = admissionOf({ a: 0, b: 0, c: 0, d: 0 });
    heard();
    for (const name of ['a', 'b', 'c', 'd']) admission.ask(name);
    assert.equal(heard(), 'a goes');
    admission.pass('a');
    assert.equal(heard(), 'b goes');
    admission.close('b');
    assert.equal(heard(), 'c goes');
    admission.push('b', 'b1');
    assert.equal(admission.take(), undefined);
  });

  it('runs that come without having asked wait in their line, and hold up who asks', () => {
    const { admission, heard } = admissionOf({ a: 0, b: 0, c: 0 });
    heard();
    admission.push('a', 'a1');
    admission.ask('b');
    assert.equal(heard(), '');
    assert.equal(admission.take(), 'a1');
    assert.equal(heard(), 'b goes');
  });

  it('an idle lane does not wait for frames that are not made; a busy one does', async () => {
    const { admission, heard, clock, lane } = admissionOf({ a: 0, b: 0, c: 0 });
    heard();
    for (const name of ['a', 'b']) admission.ask(name);
    heard();
    clock.advance(50);
    await settle();
    assert.equal(heard(), '', 'a run is under way');
    lane.isIdle = true;
    admission.letGo();
    assert.equal(heard(), 'b goes');
    admission.push('a', 'a1');
    admission.push('b', 'b1');
    assert.deepEqual([admission.take(), admission.take()], ['a1', 'b1'], 'what came late is run all the same');
  });
});
