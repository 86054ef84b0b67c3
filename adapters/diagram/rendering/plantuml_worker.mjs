// Draws PlantUML, a line of JSON in and a line of JSON out: `plantuml_worker.mjs NODE_MODULES`.
//
// In: {"source"}. Out: {"svg", "kind"} or {"error", "line"}, and "last" where it wants to be replaced. The first line out, {"ready": true}, says that all is loaded.
// PlantUML is made for a browser, so it gets the part of one that it uses: a document, and a canvas that measures text.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import vm from 'node:vm';

const modules = process.argv[2];
const { DOMImplementation, DOMParser, XMLSerializer } = (await import(`${modules}/@xmldom/xmldom/lib/index.js`)).default;
const MAX_ERROR = 500;
const FAILED = '#33FF02'; // the colour of PlantUML's picture of an error
const WARM_UP = ['@startuml\nclass A\nA <|-- B\n@enduml', '@startuml\nA -> B\n@enduml', '@startuml\n:a;\n@enduml'];
const KINDS = [[/^Sequence/, 'sequence'], [/^Class/, 'class'], [/^State/, 'state'], [/^Activity/, 'flowchart'], [/^Description/, 'block']];

// The widths of Arial's characters from 32 on, in thousandths of the font's size, and what all others have.
const WIDTHS = [278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, ...Array(10).fill(556),
  278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778,
  722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222,
  222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584];
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Extended_Pictographic}/u;
const MARGIN = 1.04; // for fonts that are a little wider
const FONTS = 'Arial, Helvetica, Liberation Sans, DejaVu Sans Condensed, sans-serif';

function width(text, size, bold) {
  let thousandths = 0;
  for (const sign of text) thousandths += WIDTHS[sign.codePointAt(0) - 32] ?? (WIDE.test(sign) ? 1000 : 600);
  return (thousandths / 1000) * size * MARGIN * (bold ? 1.07 : 1);
}

const document = new DOMImplementation().createDocument(null, 'html');
const element = Object.getPrototypeOf(document.documentElement);
Object.defineProperty(element, 'style', { get: () => ({}) });
element.getBBox = function () {
  const size = Number(this.getAttribute('font-size') || 12);
  return { x: 0, y: -size, width: width(this.textContent ?? '', size, false), height: size * 1.2 };
};
element.getContext = () => ({
  font: '',
  measureText(text) {
    const size = parseFloat(/([\d.]+)px/.exec(this.font)?.[1] ?? '12');
    const bold = /bold|[6-9]00/.test(this.font);
    return { width: width(text, size, bold), actualBoundingBoxAscent: size * 0.95, actualBoundingBoxDescent: size * 0.25 };
  },
});
document.body = document.documentElement;
// What it would load from its home page (themes, emoji) is not there, and it hears so at once.
document.head = { appendChild: (wanted) => setImmediate(() => wanted.onerror?.()) };
document.baseURI = 'file:///';
document.currentScript = null;
Object.assign(globalThis, { window: globalThis, document, DOMParser, XMLSerializer });
for (const name of ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'navigator', 'Worker']) delete globalThis[name];

// It tells which kind of diagram it tries, and nowhere else which one it found.
let trying = '';
let found = '';
console.log = console.info = console.warn = console.error = (...words) => {
  const line = words.join(' ');
  trying = /\[(\w+)Factory\d?\] createSystem/.exec(line)?.[1] ?? trying;
  if (line.includes('[DiagramChromeFactory] create')) found = trying;
};

vm.runInThisContext(readFileSync(`${modules}/@plantuml/core/viz-global.js`, 'utf8'));
const { renderToString } = await import(`${modules}/@plantuml/core/plantuml.js`);

function textsIn(svg) {
  return [...new DOMParser().parseFromString(svg, 'image/svg+xml').getElementsByTagName('text')].map((text) => text.textContent.trim());
}

function verdict(svg) {
  const kind = KINDS.find(([name]) => name.test(found))?.[1] ?? null;
  if (kind && !svg.includes(FAILED)) return { svg: svg.replaceAll('font-family="sans-serif"', `font-family="${FONTS}"`), kind };
  const texts = textsIn(svg);
  if (!kind && found) return { error: `This is no flowchart, sequence, class, state or block diagram.`, line: null };
  const line = texts.map((text) => /^\[From .*\(line (\d+)\)/.exec(text)?.[1]).find(Boolean);
  const words = line ? texts.at(-1) : texts.filter(Boolean).slice(0, 4).join(' ');
  return { error: words.slice(0, MAX_ERROR), line: line ? Number(line) : null };
}

function draw(source) {
  trying = found = '';
  return new Promise((answer) => {
    // After a failure inside it (a stack that overflowed, say) nobody knows what state it is in.
    const failed = (error) => answer({ error: String(error).slice(0, MAX_ERROR), line: null, last: true });
    try {
      renderToString(source.split(/\r\n|\r|\n/), (svg) => answer(verdict(svg)), failed);
    } catch (error) {
      failed(error);
    }
  });
}

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
for (const source of WARM_UP) await draw(source);
say({ ready: true });
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) say(await draw(JSON.parse(line).source));
