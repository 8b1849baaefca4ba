import type { SinkRecord } from './sink.js';

/** `results:{algo}` with the names of the record's stream and algo; `safe` makes them fit for where they go. */
export function filled(template: string, { stream, algo }: SinkRecord, safe: (name: string) => string = (name) => name): string {
  return template.replace(/\{(stream|algo)\}/g, (_whole, what: string) => safe(what === 'stream' ? stream : algo));
}

/** For a level of an MQTT topic: what separates levels, stands for several, or is no text becomes `_`. */
export function topicLevel(name: string): string {
  return name.replace(/[\p{C}#+/]/gu, '_') || '_';
}
