/** The file of this name beside a module, and of its kind: .ts when run from source, .js when built. `url` is the module's own. */
export function beside(url: string, name: string): URL {
  return new URL(`./${name}${url.slice(url.lastIndexOf('.'))}`, url);
}
