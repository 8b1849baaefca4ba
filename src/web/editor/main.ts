import { h, render } from 'preact';

import { Api } from '../shared/api.js';
import { chooseLanguage, t } from '../shared/i18n.js';
import { PictureFeed } from '../shared/pictures.js';
import { openLargeView } from './large-view.js';
import { showPreviews } from './preview.js';
import { addSidebar, apiRoot, apiToken, editorLanguage, whenReady } from './red.js';
import { Sidebar } from './sidebar.js';
import { StreamStore } from '../shared/store.js';
import { linkStudio } from './studio-link.js';

whenReady(() => {
  chooseLanguage(editorLanguage());
  const api = new Api({ root: apiRoot(), token: apiToken });
  const store = new StreamStore(api);
  const feed = new PictureFeed(api);
  const enlarge = ({ id }: { readonly id: string }): void => { openLargeView({ store, feed, streamId: id }); };
  const content = document.createElement('div');
  content.className = 'si-page';
  render(h(Sidebar, { store, feed, enlarge }), content);
  addSidebar(content, { label: t('sidebar.label'), name: t('sidebar.name'), action: t('sidebar.action') });
  linkStudio();
  showPreviews({ store, feed, enlarge });
});
