const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/i;

/**
 * `text` with the password of every URL in it replaced by `***`: for logs, errors, badges, results. A password may hold
 * what a URL must not, so all from the first `:` after `://` to the last `@` counts as one.
 */
export function hidePassword(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s]*@/gi, '$1:***@');
}

/** `url` without user and password, for people to read. What is no URL comes back as it is. */
export function withoutCredentials(url: string): string {
  return hidePassword(url.replace(USER_INFO, '$1'));
}

/** `url` with user and password put in, percent-encoded; unchanged where `username` is empty or it is no URL. */
export function withCredentials(url: string, username?: string, password?: string): string {
  if (username === undefined || username === '' || !/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return url;
  const user = password ? `${encodeURIComponent(username)}:${encodeURIComponent(password)}` : encodeURIComponent(username);
  return url.replace(USER_INFO, '$1').replace('://', `://${user}@`);
}
