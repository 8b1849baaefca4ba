import { resolve } from 'node:path';

import { type SourceOptions, withoutUserInfo } from '../base/index.js';

/** A location whose path, if it is one, starts from `folder`; URLs, cameras and the test pattern stay as they are. */
export function absoluteLocation(location: string, folder: string): string {
  return /^(test:|device:|file:|[a-z][a-z0-9+.-]*:\/\/)/i.test(location) ? location : resolve(folder, location);
}

/** A model's path from `folder`; `catalogue:NAME`, `npm:PACKAGE/PATH` and URLs, which are refused later, stay as they are. */
export function absoluteModel(model: string, folder: string): string {
  return /^(catalogue:|npm:|https?:)/i.test(model) ? model : resolve(folder, model);
}

/** The source with user and password out of its URL and in fields of their own; those given as fields win. */
export function apartFromCredentials(source: SourceOptions): SourceOptions {
  const location = withoutUserInfo(source.location);
  if (location === source.location) return source;
  const { username, password } = URL.canParse(source.location) ? new URL(source.location) : { username: '', password: '' };
  return { username: decoded(username), password: decoded(password), ...source, location };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
