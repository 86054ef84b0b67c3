import pytest
from defusedxml.ElementTree import fromstring

from adapters.diagram.svg.css import is_safe_value
from adapters.diagram.svg.sanitise import ATTRIBUTES, ELEMENTS, sanitise
from adapters.diagram.svg.tree import NAMESPACE, UnsafeSvg
from tests.unit.adapters.diagram.hostile import REFUSED_SVGS, SVGS


def svg(inside: str, root: str = "") -> str:
    return f'<svg xmlns="{NAMESPACE}"{root}>{inside}</svg>'


def assert_harmless(picture: str) -> None:
    for element in fromstring(picture).iter():
        assert element.tag.removeprefix(f"{{{NAMESPACE}}}") in ELEMENTS
        assert set(element.attrib) <= ATTRIBUTES | {"id", "style"}
        assert all(
            map(
                is_safe_value,
                (value for key, value in element.attrib.items() if key not in ("style", "role")),
            )
        )
    assert "away.invalid" not in picture


@pytest.mark.parametrize("name", SVGS)
def test_what_means_harm_is_taken_out(name: str) -> None:
    clean = sanitise(SVGS[name])
    assert_harmless(clean)
    assert "hit" not in clean


@pytest.mark.parametrize("name", REFUSED_SVGS)
def test_what_is_no_picture_or_too_large_is_refused(name: str) -> None:
    with pytest.raises(UnsafeSvg):
        sanitise(REFUSED_SVGS[name])


def test_shapes_text_and_looks_stay() -> None:
    picture = svg(
        '<g transform="translate(1,2)"><rect x="1" width="9" height="9" rx="2" fill="#eee" stroke="black" />'
        '<path d="M0,0 L9,9Z" style="stroke-width:2" /><text x="1" y="2" class="label">a &lt; b</text></g>',
        ' viewBox="0 0 9 9" width="9"',
    )
    clean = sanitise(picture)
    assert clean == picture.replace(f' xmlns="{NAMESPACE}"', "").replace(
        ' viewBox="0 0 9 9" width="9"', f' viewBox="0 0 9 9" width="9" xmlns="{NAMESPACE}"'
    )


def test_an_arrow_keeps_its_head_and_an_unused_one_goes() -> None:
    marker = '<defs><marker id="{}" refX="5"><path d="M0,0 L5,5" /></marker></defs>'
    line = '<path d="M0,0 L9,9" marker-end="url(#head)" />'
    assert marker.format("head") in sanitise(svg(marker.format("head") + line))
    assert "marker id" not in sanitise(svg(marker.format("other") + line))


def test_rules_that_begin_at_the_picture_stay() -> None:
    rules = "#d .node rect{fill:#eee;cursor:pointer}#d{font-size:14px}p{color:red}#dd rect{fill:red}.node{fill:red}"
    assert "<style>#d .node rect{fill:#eee}#d{font-size:14px}</style>" in sanitise(
        svg(f"<style>{rules}</style>", ' id="d"')
    )


def test_rules_of_a_picture_without_a_name_go() -> None:
    assert "style" not in sanitise(svg("<style>#d rect{fill:#eee}</style><rect />"))


def test_html_becomes_text_in_the_middle_of_its_place() -> None:
    label = (
        '<foreignObject x="10" y="20" width="100" height="48"><div xmlns="http://www.w3.org/1999/xhtml">'
        "<span>Housing <b>10</b><br/>second</span></div></foreignObject>"
    )
    clean = sanitise(svg(label))
    assert '<tspan x="60" dy="-0.6em">Housing 10</tspan><tspan x="60" dy="1.2em">second</tspan>' in clean
    assert 'x="60" y="44"' in clean


def test_a_long_html_label_is_broken_into_the_lines_that_it_has_room_for() -> None:
    label = (
        '<foreignObject width="200" height="72"><p xmlns="http://www.w3.org/1999/xhtml">'
        "The pump draws water from the tank and feeds the boiler</p></foreignObject>"
    )
    assert sanitise(svg(label)).count("<tspan") == 3


def test_what_is_clean_stays_as_it_is() -> None:
    for picture in SVGS.values():
        clean = sanitise(picture)
        assert sanitise(clean) == clean


@pytest.mark.parametrize(
    "value",
    [
        "#fff",
        "rgb(1, 2, 3)",
        "url(#a)",
        "url('#a-b.c')",
        "M0,0 L9.5,-9Z",
        "translate(1 2)",
        "12px",
        "'Arial', sans-serif",
    ],
)
def test_a_value_that_names_nothing_else_is_safe(value: str) -> None:
    assert is_safe_value(value)


@pytest.mark.parametrize(
    "value",
    ["url(x)", "url(//x)", "URL('x')", "url(#a) url(x)", "javascript:x", "\\75rl(x)", "image-set(x)", "u/**/rl(x)",
     "element(#a)", "var(--x)", "url(#a", "<", "&", "url( x)", "attr(x)"],
)  # fmt: skip
def test_a_value_that_could_name_something_else_is_not(value: str) -> None:
    assert not is_safe_value(value)
