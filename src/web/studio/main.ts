import { h, render } from 'preact';

import { Api } from '../shared/api.js';
import { chooseLanguage, t } from '../shared/i18n.js';
import { PictureFeed } from '../shared/pictures.js';
import { StreamStore } from '../shared/store.js';
import { apiToken, editorId, language, nodeId, root } from './place.js';
import { ResultFeed } from './result-feed.js';
import { Studio } from './studio.js';
import { StudioApi } from './studio-api.js';
import { StudioStore } from './studio-store.js';

const chosen = language();
chooseLanguage(chosen);
document.documentElement.lang = chosen;
document.title = t('studio.title');

const common = new Api({ root, token: apiToken });
const api = new StudioApi(common);
const streams = new StreamStore(common);
const results = new ResultFeed(api);
const store = new StudioStore({ api, streams, results });
streams.watch();
void store.begin(nodeId);
// not `beforeunload`: the page may stay after that
addEventListener('pagehide', () => { store.close(); });
render(h(Studio, { api, store, streams, results, feed: new PictureFeed(common), editor: editorId }), document.getElementById('studio') as HTMLElement);
