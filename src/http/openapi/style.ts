/** The style of the page: the reader's own fonts, light or dark as the reader has it. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1b1f24, #e6e9ed);
  --faint: light-dark(#57606a, #9aa4af);
  --page: light-dark(#fff, #14171a);
  --raised: light-dark(#f4f6f8, #1d2227);
  --line: light-dark(#d5dae0, #333a42);
  --link: light-dark(#0a5ab8, #7cb7ff);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 72rem;
  padding: 1.5rem;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
a { color: var(--link); }
h1 { margin-top: 0; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2.5rem 0 0.5rem; overflow-wrap: anywhere; }
h4 { margin: 1rem 0 0.25rem; color: var(--faint); }
code, pre { font: 0.9em/1.5 ui-monospace, monospace; }
pre { margin: 0.5rem 0; padding: 0.75rem 1rem; overflow-x: auto; border-radius: 6px; background: var(--raised); }
nav ul { columns: 20rem; padding: 0; list-style: none; }
nav li { break-inside: avoid; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; color: var(--faint); }
th, td { padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td:first-child { white-space: nowrap; }
.faint { color: var(--faint); }
.method { padding: 0.1rem 0.4rem; border-radius: 4px; background: var(--raised); text-transform: uppercase; }
`.trimStart();
