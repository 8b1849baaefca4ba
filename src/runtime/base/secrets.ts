const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/i;

/** Fields of a URL's query in which cameras and servers take passwords: `?user=admin&password=…`, `?passphrase=…`. */
const SECRET_FIELD = /([?&;](?:pass(?:word|wd|phrase)?|pwd|psw|token|access_token|auth|api_?key|key|secret|sig(?:nature)?)=)[^&#\s'"]+/gi;

/** No scheme is longer: without that limit a long word would be looked through from each of its letters. */
const URL_WITH_PASSWORD = /([a-z][a-z0-9+.-]{0,31}:\/\/[^\s/:@]*):[^\s]*@/gi;

/**
 * `text` with the password of every URL in it replaced by `***`: for logs, errors, badges, results. A password may hold
 * what a URL must not, so all from the first `:` after `://` to the last `@` counts as one. Of a query, too, passwords and tokens.
 */
export function hidePassword(text: string): string {
  return text.replace(URL_WITH_PASSWORD, '$1:***@').replace(SECRET_FIELD, '$1***');
}

/** `url` without user and password, for people to read. What is no URL comes back as it is. */
export function withoutCredentials(url: string): string {
  return hidePassword(withoutUserInfo(url));
}

/** `url` without what stands before its host: the place to play, whose user and password are kept apart. */
export function withoutUserInfo(url: string): string {
  return url.replace(USER_INFO, '$1');
}

/** `url` with user and password put in, percent-encoded; unchanged where `username` is empty or it is no URL. */
export function withCredentials(url: string, username?: string, password?: string): string {
  if (username === undefined || username === '' || !/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return url;
  const user = password ? `${encodeURIComponent(username)}:${encodeURIComponent(password)}` : encodeURIComponent(username);
  return withoutUserInfo(url).replace('://', `://${user}@`);
}
