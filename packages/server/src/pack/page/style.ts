/** In black and white, on paper as on a screen; nothing is told by colour. */
export const STYLE = `
  :root { color-scheme: light; }
  body { font: 11pt/1.45 system-ui, sans-serif; color: #000; background: #fff; margin: 2rem auto; padding: 0 1rem; max-width: 64rem; }
  h1 { font-size: 1.6rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
  h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 2px solid #000; break-after: avoid; }
  h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; break-after: avoid; overflow-wrap: anywhere; }
  p { margin: .5rem 0; overflow-wrap: anywhere; }
  table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
  caption { text-align: left; font-style: italic; padding-bottom: .25rem; }
  th, td { border: 1px solid #777; padding: .2rem .45rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
  th { background: #eee; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  td.number { text-align: right; white-space: nowrap; }
  thead th, th.short, .short { white-space: nowrap; }
  code, pre { font: .85em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
  pre { white-space: pre-wrap; border: 1px solid #777; padding: .5rem; }
  strong.failed { text-decoration: underline; }
  @page { margin: 18mm 15mm; }
  @media print { body { margin: 0; padding: 0; max-width: none; } a { color: inherit; } }
`;
