"""Pictures and sources that mean harm."""

from adapters.diagram.types import Language
from tests.unit.adapters.diagram.sources import uml

M, P = Language.MERMAID, Language.PLANTUML
AWAY = "http://away.invalid/x"

_NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_SVG = f'<svg {_NAMES} id="d" viewBox="0 0 9 9">{{}}</svg>'
HTML = 'xmlns="http://www.w3.org/1999/xhtml"'
SVGS = {
    name: _SVG.format(inside)
    for name, inside in {
        "script": "<script>window.hit = 1</script>",
        "script of another namespace": '<x:script xmlns:x="http://www.w3.org/1999/xhtml">window.hit = 2</x:script>',
        "script from afar": f'<script href="{AWAY}.js"/>',
        "event": '<rect onload="window.hit = 3" onclick="window.hit = 4" width="9" height="9"/>',
        "event in capitals": '<rect ONLOAD="window.hit = 5" width="9" height="9"/>',
        "image": f'<image href="{AWAY}.png" width="9" height="9"/>',
        "image of SVG": '<image xlink:href="data:image/svg+xml;base64,PHN2Zy8+" width="9" height="9"/>',
        "broken image": (
            f'<foreignObject width="9" height="9">'
            f'<img {HTML} src="x" onerror="window.hit = 6"/></foreignObject>'
        ),
        "frame": f'<foreignObject width="9" height="9"><iframe {HTML} src="{AWAY}"/></foreignObject>',
        "HTML that is script": f"<foreignObject><body {HTML}><script>window.hit = 7</script></body></foreignObject>",
        "link": '<a xlink:href="javascript:window.hit=8"><text y="5">click</text></a>',
        "link without a space of names": '<a href="javascript:window.hit=9"><text y="5">click</text></a>',
        "animated link": '<a><animate attributeName="href" values="javascript:window.hit=10"/><text y="5">x</text></a>',
        "set event": '<rect><set attributeName="onmouseover" to="window.hit=11"/></rect>',
        "handler": '<handler type="text/javascript">window.hit = 12</handler>',
        "use from afar": f'<use href="{AWAY}.svg#a"/>',
        "use that repeats itself": '<g id="a"><use href="#b"/><use href="#b"/></g><g id="b"><use href="#a"/></g>',
        "style from afar": f'<style>@import "{AWAY}.css"; #d rect{{fill:url({AWAY})}}</style><rect/>',
        "style for the page": "<style>body{display:none} * {visibility:hidden} #d rect, p{fill:red}</style><rect/>",
        "style with an escape": f"<style>#d rect{{fill:\\75rl({AWAY})}} @\\69mport '{AWAY}'</style><rect/>",
        "style with a font": (
            f"<style>"
            f"@font-face{{font-family:a;src:url({AWAY})}} #d text{{font-family:a}}</style><text>x</text>"
        ),
        "style in data": "<style><![CDATA[</style><script>window.hit = 13</script>]]></style>",
        "paint from afar": f'<rect fill="url({AWAY}#a)" width="9" height="9"/>',
        "paint in style": f'<rect style="fill:url(\'{AWAY}#a\');background:url({AWAY})" width="9" height="9"/>',
        "filter": f'<filter id="f"><feImage href="{AWAY}"/></filter><rect filter="url(#f)" width="9" height="9"/>',
        "cursor": f'<rect style="cursor:url({AWAY}),auto" width="9" height="9"/>',
        "pattern": f'<pattern id="p"><image href="{AWAY}"/></pattern><rect fill="url(#p)" width="9" height="9"/>',
        "expression": '<rect style="width:expression(window.hit=14);behavior:url(#x);-moz-binding:url(#y)"/>',
        "base": f'<g xml:base="{AWAY}"><rect fill="url(#a)"/></g>',
        "processing instruction": f'<?xml-stylesheet href="{AWAY}.css"?><rect/>',
        "long word": f'<path d="{"a" * 500_000}" class="{"b" * 500_000}"/>',
        "long word of a style": f'<rect style="fill:{"a" * 500_000}"/>',
        "many blanks": f'<rect fill="url({" " * 500_000}" style="fill:{" " * 500_000}("/>',
        "style that never opens": f"<style>{'#d a' * 200_000}</style><rect/>",
        "style of commands": f"<style>{'@' * 300_000}}}{'{' * 100_000}{'/*' * 100_000}</style><rect/>",
        "comment": "<!-- --><rect/><!-- <script>window.hit = 15</script> -->",
    }.items()
}
REFUSED_SVGS = {
    "entity bomb": '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    + _SVG.format("<text>&b;</text>"),
    "entity of a file": '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    + _SVG.format("<text>&a;</text>"),
    "document type": '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://away.invalid/x.dtd">'
    + _SVG.format(""),
    "unknown entity": _SVG.format("<text>&nbsp;</text>"),
    "no XML": "<svg><g></svg>",
    "nothing": "",
    "HTML": "<html><script>1</script></html>",
    "SVG of no namespace": "<svg><rect/></svg>",
    "half a character": _SVG.format("\ud800"),
    "deep nesting": _SVG.format("<g>" * 5_000 + "</g>" * 5_000),
    "many elements": _SVG.format("<g/>" * 30_000),
    "large label": _SVG.format(f"<text>{'x' * 3_000_000}</text>"),
}
SOURCES = {
    "script in a label": (M, 'flowchart TD\nA["<script>window.hit = 1</script>"] --> B'),
    "event in a label": (M, 'flowchart TD\nA["<img src=x onerror=window.hit=1>"] --> B'),
    "script in a title": (M, "---\ntitle: <script>window.hit = 1</script>\n---\nflowchart TD\nA --> B"),
    "script in a message": (M, "sequenceDiagram\nA->>B: <script>window.hit = 1</script>"),
    "script in a class": (M, 'classDiagram\nclass A["<iframe src=javascript:window.hit=1>"]\nA --> B'),
    "script in a state": (M, 'stateDiagram-v2\nstate "<svg onload=window.hit=1>" as a\n[*] --> a'),
    "link": (M, f'flowchart TD\nA --> B\nclick A href "{AWAY}" _blank'),
    "script as a link": (M, 'flowchart TD\nA --> B\nclick A href "javascript:window.hit=1"'),
    "call": (M, 'flowchart TD\nA --> B\nclick A call hit() "x"'),
    "paint from afar": (M, f"flowchart TD\nA --> B\nstyle A fill:url({AWAY}),stroke:#fff"),
    "class from afar": (M, f"flowchart TD\nA:::x --> B\nclassDef x background:url({AWAY}),fill:#f00"),
    "link of an actor": (M, f"sequenceDiagram\nparticipant A\nlink A: Home @ {AWAY}\nA->>B: x"),
    "image": (M, f'flowchart TD\nA@{{ img: "{AWAY}.png", label: "x" }} --> B'),
    "icon": (M, 'flowchart TD\nA@{ icon: "fa:bell", label: "x" } --> B'),
    "deep nesting": (M, "flowchart TD\n" + "subgraph x\n" * 400 + "A --> B\n" + "end\n" * 400),
    "many nodes": (M, "flowchart TD\n" + "\n".join(f"n{n} --> n{n * 7 % 991}" for n in range(900))),
    "long label": (M, f'flowchart TD\nA["{"word " * 700}"] --> B'),
    "script in PlantUML": (P, uml('rectangle "<script>window.hit = 1</script>" as a', "a --> b")),
    "link in PlantUML": (P, uml(f"class A [[{AWAY} tip]]", "A --> B")),
    "script as a link in PlantUML": (P, uml("A -> B : [[javascript:window.hit=1 click]]")),
    "emoji": (P, uml("A -> B : <:smile:>")),
    "icon in PlantUML": (P, uml("A -> B : <&heart>")),
    "drawing in a sprite": (
        P,
        uml('sprite s <svg viewBox="0 0 9 9"><script>window.hit=1</script></svg>', "A -> B : <$s>"),
    ),
    "deep nesting in PlantUML": (P, uml(*['rectangle "x" {'] * 200, "[a]", *["}"] * 200)),
    "loop without end": (P, uml("!while 1", "!$a = 1", "!endwhile", "A -> B")),
    "call without end": (P, uml("!procedure $a()", "$a()", "!endprocedure", "$a()")),
    "paint in PlantUML": (
        P,
        uml(f"skinparam backgroundColor {AWAY}", "class A #line:red;back:url(x)", "A --> B"),
    ),
}
REFUSED_SOURCES = {
    "directive": (
        M,
        "%%{init: {'flowchart': {'htmlLabels': true}, 'securityLevel': 'loose'}}%%\nflowchart TD\nA --> B",
    ),
    "directive in a line": (M, "flowchart TD\nA --> B %%{init: {}}%%"),
    "front matter": (M, "---\nconfig:\n  theme: dark\n---\nflowchart TD\nA --> B"),
    "front matter behind a title": (M, "---\ntitle: A\nconfig:\n  theme: dark\n---\nflowchart TD\nA --> B"),
    "front matter in a title": (M, "---\ntitle: {a: &b [1], c: *b}\n---\nflowchart TD\nA --> B"),
    "front matter without an end": (M, "---\ntitle: A\nflowchart TD\nA --> B"),
    "large label": (M, f'flowchart TD\nA["{"x" * 1_000_000}"]'),
    "long line": (M, f'flowchart TD\nA["{"x" * 10_000}"]'),
    "control character": (M, "flowchart TD\nA[\x00] --> B"),
    "form feed": (M, "flowchart TD\nA[\x0c] --> B"),
    "half a character": (M, "flowchart TD\nA[\ud800] --> B"),
    "file": (P, uml("!include /etc/passwd", "A -> B")),
    "file in capitals": (P, uml("  !INCLUDE /etc/passwd", "A -> B")),
    "address": (P, uml(f"!includeurl {AWAY}", "A -> B")),
    "address once": (P, uml(f"!include_once {AWAY}", "A -> B")),
    "part of a file": (P, uml("!includesub a.puml!b", "A -> B")),
    "library": (P, uml("!include <C4/C4_Context>", "A -> B")),
    "import": (P, uml("!import /etc", "A -> B")),
    "theme from an address": (P, uml(f"!theme x from {AWAY}", "A -> B")),
    "variable of the system": (P, uml('A -> B : %getenv("HOME")')),
    "data of a file": (P, uml('!$a = %load_json("/etc/x.json")', "A -> B : $a")),
    "image of an address": (P, uml(f"A -> B : <img:{AWAY}.png>")),
    "large label in PlantUML": (P, uml(f"A -> B : {'x' * 1_000_000}")),
}
