/** What a terminal shows, with its colours, as a picture. */

const colours = ['#1f2328', '#cf222e', '#1a7f37', '#9a6700', '#0969da', '#8250df', '#1b7c83', '#59636e'];
// Not all viewers keep more than one blank.
const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', ' ': '\u00a0' };

/** @param {string} line with SGR sequences */
function spans(line) {
  let style = '';
  let bold = false;
  let out = '';
  for (const piece of `m${line}`.split('\x1b[')) {
    const [, code, text] = /^([\d;]*)m(.*)$/s.exec(piece) ?? [];
    if (code === undefined) continue;
    for (const one of code.split(';').map(Number)) {
      if (one === 0) [style, bold] = ['', false];
      else if (one === 1) bold = true;
      else if (one === 2 || one === 90) style = colours[7];
      else if (one === 39) style = '';
      else if ((one >= 30 && one < 38) || (one >= 91 && one < 98)) style = colours[one % 10];
    }
    if (text === '') continue;
    const attributes = `${style && ` fill="${style}"`}${bold ? ' font-weight="bold"' : ''}`;
    out += `<tspan${attributes}>${text.replace(/[&<> ]/g, (letter) => escapes[letter])}</tspan>`;
  }
  return out;
}

/** @param {string} screen lines of a terminal; empty ones at its end are left out */
export function svg(screen, columns) {
  const lines = screen.trimEnd().split('\n');
  const [wide, high] = [columns * 8.43 + 32, lines.length * 18 + 32];
  const rows = lines.map((line, i) => `<text x="16" y="${30 + i * 18}">${spans(line)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${high}" width="${wide}" height="${high}">
<rect width="100%" height="100%" rx="8" fill="#f6f8fa" stroke="#d1d9e0"/>
<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#1f2328">
${rows.join('\n')}
</g>
</svg>
`;
}
