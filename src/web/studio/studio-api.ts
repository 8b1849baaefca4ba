import type { CameraAnswer, CameraRequest, CamerasAnswer, DevicesAnswer, Draft, ExportAnswer, FilesAnswer, ResultsAnswer, StartAnswer, StudioSetup } from '../../plugins/studio/contract.js';
import type { Api } from '../shared/api.js';

/** The routes of the studio's plugin. */
export class StudioApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  async setup(nodeId: string | undefined): Promise<StudioSetup> {
    return (await this.#api.ask(`studio/setup${nodeId === undefined ? '' : `?node=${encodeURIComponent(nodeId)}`}`)) as StudioSetup;
  }

  async devices(): Promise<DevicesAnswer> {
    return (await this.#api.ask('studio/devices')) as DevicesAnswer;
  }

  /** Takes some seconds. */
  async cameras(signal: AbortSignal): Promise<CamerasAnswer['cameras']> {
    return ((await this.#api.ask('studio/cameras', { signal })) as CamerasAnswer).cameras;
  }

  async streamsOfCamera(request: CameraRequest, signal: AbortSignal): Promise<CameraAnswer['streams']> {
    return ((await this.#post('studio/cameras', request, signal)) as CameraAnswer).streams;
  }

  async files(engine: string, folder: string | undefined): Promise<FilesAnswer> {
    const query = new URLSearchParams({ engine, ...(folder !== undefined && { folder }) });
    return (await this.#api.ask(`studio/files?${query.toString()}`)) as FilesAnswer;
  }

  /** Paths of models, and names of the catalogue, as they may be typed. */
  async models(): Promise<readonly string[]> {
    const [files, catalogue] = (await Promise.all([this.#api.ask('models'), this.#api.ask('catalogue')])) as [readonly { path: string }[], readonly { name: string }[]];
    return [...files.map(({ path }) => path), ...catalogue.map(({ name }) => `catalogue:${name}`)];
  }

  async start(draft: Draft, id: string | undefined): Promise<string> {
    const { id: started } = (await this.#post('studio/streams', { draft, ...(id !== undefined && { id }) })) as StartAnswer;
    return started;
  }

  async results(id: string, { play, after }: { readonly play: number; readonly after: number }, signal: AbortSignal): Promise<ResultsAnswer> {
    return (await this.#api.ask(`studio/streams/${encodeURIComponent(id)}?play=${play}&after=${after}`, { signal })) as ResultsAnswer;
  }

  /** Also while the page goes. */
  close(id: string): void {
    void this.#api.ask(`studio/streams/${encodeURIComponent(id)}`, { method: 'DELETE', keepalive: true }).catch(() => undefined);
  }

  async export(draft: Draft): Promise<ExportAnswer> {
    return (await this.#post('studio/export', { draft })) as ExportAnswer;
  }

  async #post(path: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    return await this.#api.ask(path, { method: 'POST', body: JSON.stringify(body), ...(signal && { signal }) });
  }
}
