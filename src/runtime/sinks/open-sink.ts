import type { SinkPlan } from '../base/plan.js';
import type { Sink } from './sink.js';

/** The sink that a plan describes, not connected yet; what it needs is loaded now. Throws `BACKEND_MISSING` where a package is not installed. */
export async function openSink(plan: SinkPlan): Promise<Sink> {
  switch (plan.type) {
    case 'http': return new (await import('./http-sink.js')).HttpSink(plan);
    case 'jsonl': return (await import('./file-sink.js')).jsonlSink(plan);
    case 'redis': return await (await import('./redis-sink.js')).redisSink(plan);
    case 'mqtt': return await (await import('./mqtt-sink.js')).mqttSink(plan);
    case 'postgres': return await (await import('./postgres-sink.js')).postgresSink(plan);
    case 'sqlite': return (await import('./sqlite-sink.js')).sqliteSink(plan);
    case 'csv': return await (await import('./csv-sink.js')).csvSink(plan);
  }
}
