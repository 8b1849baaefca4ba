import { takeStill, toWire, type Still } from '../../runtime/index.js';
import { coordinatorOf } from '../shared/coordinators.js';
import type { Red } from '../shared/red.js';

/** Pixels a row of the picture that regions are drawn on. */
const WIDTH = 640;

/** Answers the form's question for a picture of the stream that an algo is in: a JPEG, or `{ code, message }`. */
export function serveStills(red: Red): void {
  const coordinator = coordinatorOf(red);
  /** Asked for again while it is being taken, it is opened once. */
  const underWay = new Map<string, Promise<Still>>();

  const stillOf = (algoId: string): Promise<Still> => {
    const { source, producer } = coordinator.planOf(algoId);
    const still = underWay.get(algoId) ?? takeStill({ source, producer, width: WIDTH }).finally(() => underWay.delete(algoId));
    underWay.set(algoId, still);
    return still;
  };

  red.httpAdmin.get('/stream-infer/still/:algo', red.auth.needsPermission('stream-infer.read'), ({ params }, response) => {
    Promise.resolve(params['algo'] ?? '').then(stillOf).then(
      ({ jpeg }) => response.set('Cache-Control', 'no-store').type('image/jpeg').send(Buffer.from(jpeg)),
      (error: unknown) => response.status(502).json(toWire(error)),
    );
  });
}
