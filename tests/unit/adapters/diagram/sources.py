"""Diagrams of every kind in both languages: those that are drawn, and those that are not, with what is said of them."""

from typing import NamedTuple

from adapters.diagram.types import Kind, Language

M, P = Language.MERMAID, Language.PLANTUML


class Valid(NamedTuple):
    language: Language
    kind: Kind
    name: str
    source: str
    shows: str
    """A label of the picture."""


class Invalid(NamedTuple):
    language: Language
    name: str
    source: str
    says: str
    line: int | None = None


def uml(*lines: str) -> str:
    return "\n".join(["@startuml", *lines, "@enduml"])


VALID = [
    Valid(M, Kind.FLOWCHART, "one arrow", "flowchart TD\nA --> B", "A"),
    Valid(M, Kind.FLOWCHART, "old word", "graph LR\nA[Housing 10] --- B[Valve 12]", "Housing 10"),
    Valid(M, Kind.FLOWCHART, "decision", "flowchart TD\nA{Is it hot?} -->|yes| B\nA -->|no| C", "Is it hot?"),
    Valid(
        M,
        Kind.FLOWCHART,
        "shapes",
        "flowchart LR\nA([Start]) --> B[(Store)] --> C((Pump)) --> D[/In/]",
        "Store",
    ),
    Valid(
        M,
        Kind.FLOWCHART,
        "subgraph",
        "flowchart TB\nsubgraph one [Control unit]\nA --> B\nend\nB --> C",
        "Control unit",
    ),
    Valid(
        M, Kind.FLOWCHART, "quoted label", 'flowchart TD\nA["valve (12): closed"] --> B', "valve (12): closed"
    ),
    Valid(M, Kind.FLOWCHART, "comment first", "%% drawn by hand\nflowchart TD\nA --> B", "B"),
    Valid(
        M, Kind.FLOWCHART, "title", "---\ntitle: Cooling, all parts\n---\nflowchart TD\nA --> B", "Cooling"
    ),
    Valid(
        M,
        Kind.CLASS,
        "quoted title",
        '---\ntitle: "Parts & wholes"\n---\nclassDiagram\nA --> B',
        "Parts & wholes",
    ),
    Valid(M, Kind.FLOWCHART, "other letters", 'flowchart TD\nA["Gehäuse 10"] --> B["ポンプ"]', "Gehäuse 10"),
    Valid(M, Kind.SEQUENCE, "two messages", "sequenceDiagram\nA->>B: reads\nB-->>A: value", "reads"),
    Valid(
        M, Kind.SEQUENCE, "participants", "sequenceDiagram\nparticipant A as Sensor 10\nA->>B: x", "Sensor 10"
    ),
    Valid(M, Kind.SEQUENCE, "note", "sequenceDiagram\nA->>B: x\nNote over A,B: both wait", "both wait"),
    Valid(
        M,
        Kind.SEQUENCE,
        "alternatives",
        "sequenceDiagram\nalt hot\nA->>B: stop\nelse cold\nA->>B: go\nend",
        "stop",
    ),
    Valid(M, Kind.SEQUENCE, "loop", "sequenceDiagram\nloop every second\nA->>B: ping\nend", "ping"),
    Valid(M, Kind.SEQUENCE, "activation", "sequenceDiagram\nA->>+B: start\nB-->>-A: done", "done"),
    Valid(M, Kind.CLASS, "inheritance", "classDiagram\nPump <|-- Fast", "Pump"),
    Valid(M, Kind.CLASS, "members", "classDiagram\nclass Pump {\n  +int speed\n  +run()\n}", "+int speed"),
    Valid(M, Kind.CLASS, "composition", "classDiagram\nPump *-- Motor : drives", "drives"),
    Valid(M, Kind.CLASS, "label", 'classDiagram\nclass p1["water tank 12"]\np1 --> p2', "water tank 12"),
    Valid(M, Kind.CLASS, "cardinality", 'classDiagram\nA "1" --> "many" B', "many"),
    Valid(
        M, Kind.CLASS, "interface", "classDiagram\nclass Valve\n<<interface>> Valve\nValve <|.. Ball", "Ball"
    ),
    Valid(M, Kind.STATE, "two states", "stateDiagram-v2\n[*] --> Idle\nIdle --> [*]", "Idle"),
    Valid(M, Kind.STATE, "transition", "stateDiagram-v2\nIdle --> Running: start pressed", "start pressed"),
    Valid(M, Kind.STATE, "old word", "stateDiagram\nIdle --> Running", "Running"),
    Valid(M, Kind.STATE, "composite", "stateDiagram-v2\nstate Run {\n[*] --> Slow\nSlow --> Fast\n}", "Slow"),
    Valid(
        M, Kind.STATE, "named", 'stateDiagram-v2\nstate "waiting for water" as w\n[*] --> w', "waiting for"
    ),
    Valid(
        M,
        Kind.STATE,
        "choice",
        "stateDiagram-v2\nstate c <<choice>>\nA --> c\nc --> B: hot\nc --> C: cold",
        "hot",
    ),
    Valid(M, Kind.BLOCK, "row", "block-beta\ncolumns 3\na b c", "a"),
    Valid(M, Kind.BLOCK, "labels", 'block-beta\ncolumns 2\na["Housing 10"] b["Valve 12"]', "Housing 10"),
    Valid(M, Kind.BLOCK, "arrow", 'block-beta\na["Tank"] b["Pump"]\na --> b', "Pump"),
    Valid(M, Kind.BLOCK, "wide", 'block-beta\ncolumns 3\na["Frame"]:3\nb space c', "Frame"),
    Valid(M, Kind.BLOCK, "nested", 'block-beta\nblock:one\n  a["Inner"]\nend\nb', "Inner"),
    Valid(M, Kind.BLOCK, "a flowchart", 'flowchart LR\na["Tank 12"] --> b["Pump 14"]', "Tank 12"),
    Valid(P, Kind.FLOWCHART, "one step", uml("start", ":fill the tank;", "stop"), "fill the tank"),
    Valid(
        P,
        Kind.FLOWCHART,
        "decision",
        uml("start", "if (hot?) then (yes)", ":stop it;", "endif", "stop"),
        "hot?",
    ),
    Valid(P, Kind.FLOWCHART, "else", uml("if (a?) then (yes)", ":b;", "else (no)", ":c;", "endif"), "no"),
    Valid(
        P,
        Kind.FLOWCHART,
        "loop",
        uml("start", "while (more?) is (yes)", ":pump;", "endwhile (no)", "stop"),
        "pump",
    ),
    Valid(P, Kind.FLOWCHART, "fork", uml("fork", ":heat;", "fork again", ":stir;", "end fork"), "stir"),
    Valid(P, Kind.FLOWCHART, "repeat", uml("repeat", ":press;", "repeat while (wet?)"), "press"),
    Valid(P, Kind.SEQUENCE, "two messages", uml("A -> B : reads", "B --> A : value"), "value"),
    Valid(P, Kind.SEQUENCE, "participants", uml('participant "Sensor 10" as A', "A -> B : x"), "Sensor 10"),
    Valid(P, Kind.SEQUENCE, "note", uml("A -> B : x", "note over A : waits"), "waits"),
    Valid(
        P, Kind.SEQUENCE, "alternatives", uml("alt hot", "A -> B : stop", "else", "A -> B : go", "end"), "go"
    ),
    Valid(
        P,
        Kind.SEQUENCE,
        "activation",
        uml("A -> B : start", "activate B", "B --> A : done", "deactivate B"),
        "done",
    ),
    Valid(P, Kind.SEQUENCE, "actor", uml("actor User", "User -> Machine : press"), "User"),
    Valid(P, Kind.CLASS, "inheritance", uml("class Pump", "Pump <|-- Fast"), "Fast"),
    Valid(P, Kind.CLASS, "members", uml("class Pump {", "+int speed", "+run()", "}"), "int speed"),
    Valid(P, Kind.CLASS, "composition", uml("class Pump", "Pump *-- Motor : drives"), "drives"),
    Valid(P, Kind.CLASS, "label", uml('class "water tank 12" as p1', "p1 --> p2"), "water tank 12"),
    Valid(P, Kind.CLASS, "interface", uml("interface Valve", "Valve <|.. Ball"), "Valve"),
    Valid(P, Kind.CLASS, "enumeration", uml("enum Mode {", "ON", "OFF", "}"), "OFF"),
    Valid(P, Kind.STATE, "two states", uml("[*] --> Idle", "Idle --> [*]"), "Idle"),
    Valid(
        P, Kind.STATE, "transition", uml("[*] --> Idle", "Idle --> Running : start pressed"), "start pressed"
    ),
    Valid(P, Kind.STATE, "composite", uml("state Run {", "[*] --> Slow", "Slow --> Fast", "}"), "Fast"),
    Valid(P, Kind.STATE, "named", uml('state "waiting for water" as w', "[*] --> w"), "waiting for water"),
    Valid(P, Kind.STATE, "choice", uml("state c <<choice>>", "A --> c", "c --> B : hot"), "hot"),
    Valid(
        P,
        Kind.BLOCK,
        "rectangles",
        uml('rectangle "Housing 10" as a', "rectangle b", "a --> b"),
        "Housing 10",
    ),
    Valid(P, Kind.BLOCK, "components", uml("[Valve 12] --> [Pump 14]"), "Valve 12"),
    Valid(P, Kind.BLOCK, "nested", uml('rectangle "Frame" {', "[Motor]", "}"), "Motor"),
    Valid(
        P,
        Kind.BLOCK,
        "database",
        uml("component Server", "database Store", "Server --> Store : writes"),
        "writes",
    ),
    Valid(P, Kind.BLOCK, "node", uml('node "Unit 20" {', "component CPU", "}"), "Unit 20"),
    Valid(
        P,
        Kind.BLOCK,
        "preprocessor",
        uml("!$name = 'Pump'", 'rectangle "$name" as p', "rectangle q", "p -- q"),
        "Pump",
    ),
]
ONE_OF_EACH = list({(case.language, case.kind): case for case in VALID}.values())
"""One of every kind in both languages."""

INVALID = [
    Invalid(M, "nothing", " \n", "empty"),
    Invalid(M, "no kind", "A --> B", "begins with one of flowchart", 1),
    Invalid(M, "another kind", "gantt\ntitle x", "begins with one of flowchart", 1),
    Invalid(M, "open bracket", "flowchart TD\nA[Housing --> B", "Unterminated node label"),
    Invalid(M, "no target", "flowchart TD\nA -->", "Diagram parse error"),
    Invalid(M, "no end", "flowchart TD\nsubgraph x\nA --> B", "Diagram parse error"),
    Invalid(M, "half a message", "sequenceDiagram\nA->>", "Diagram parse error"),
    Invalid(M, "no end of a loop", "sequenceDiagram\nloop x\nA->>B: y", "Diagram parse error"),
    Invalid(M, "open class", "classDiagram\nclass Pump {\n+run()", "Diagram parse error"),
    Invalid(M, "broken relation", "classDiagram\nPump <|- - Fast", "Diagram parse error"),
    Invalid(M, "open state", "stateDiagram-v2\nstate Run {\n[*] --> Slow", "Diagram parse error"),
    Invalid(M, "half a transition", "stateDiagram-v2\nIdle -->", "Diagram parse error"),
    Invalid(M, "open block", 'block-beta\na["Housing', "Diagram parse error"),
    Invalid(P, "nothing", "", "empty"),
    Invalid(P, "no start", "A -> B", "begins with @startuml", 1),
    Invalid(P, "no end", "@startuml\nA -> B", "ends with @enduml", 2),
    Invalid(P, "empty diagram", "@startuml\n@enduml", "Empty description", 2),
    Invalid(P, "no such word", uml("foo bar baz"), "Syntax Error", 2),
    Invalid(P, "in the third line", uml("A -> B", "this is not a line"), "Syntax Error", 3),
    Invalid(P, "no if", uml("start", ":a;", "endif"), "Cannot find if", 4),
    Invalid(P, "open step", uml("start", ":fill the tank", "stop"), "Syntax Error"),
    Invalid(P, "no end of alternatives", uml("alt x", "A -> B : y", "endif"), "Syntax Error", 4),
    Invalid(P, "open class", uml("class Pump {", "+run()"), "Syntax Error"),
    Invalid(P, "half a relation", uml("class Pump", "Pump -- "), "Syntax Error", 3),
    Invalid(P, "two arrows", uml("[*] --> Idle", "Idle --> --> Run"), "Syntax Error", 3),
    Invalid(P, "half a transition", uml("[*] --> Idle", "Idle -->"), "Syntax Error", 3),
    Invalid(P, "open label", uml('rectangle "Frame {', "[Motor]"), "Syntax Error", 3),
    Invalid(P, "another kind", uml('robust "Pump" as W', "@0", "W is Idle"), "no flowchart"),
    Invalid(P, "another start", "@startgantt\n[a] lasts 3 days\n@endgantt", "begins with @startuml", 1),
    Invalid(P, "two diagrams", f"{uml('A -> B')}\n{uml('C -> D')}", "one diagram", 4),
]
