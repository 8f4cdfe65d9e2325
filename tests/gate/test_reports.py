"""JUnit and SARIF: every chain that is not good is in them, at its place, in documents of the right form."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import jsonschema
import pytest

from reasonlab.gate import records
from reasonlab.gate.findings import GOOD, RULES, findings
from reasonlab.verifiers.outcomes import OUTCOMES

# What SARIF 2.1.0 asks of the parts that are used here (sections 3.13, 3.14, 3.19, 3.27 - 3.29, 3.33, 3.49).
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "properties": {
                                                "shortDescription": TEXT,
                                                "defaultConfiguration": {"properties": {"level": LEVEL}},
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message", "ruleId"],
                            "properties": {
                                "message": TEXT,
                                "level": LEVEL,
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "locations": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "properties": {
                                            "physicalLocation": {
                                                "type": "object",
                                                "required": ["artifactLocation"],
                                                "properties": {
                                                    "region": {
                                                        "properties": {"startLine": {"type": "integer", "minimum": 1}}
                                                    },
                                                    "artifactLocation": {
                                                        "properties": {
                                                            "uri": {"type": "string", "format": "uri-reference"}
                                                        }
                                                    },
                                                },
                                            }
                                        },
                                    },
                                },
                                "partialFingerprints": {
                                    "type": "object",
                                    "additionalProperties": {"type": "string"},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


@pytest.fixture
def reports(tmp_path, verify):
    """Verifies a file; returns the verdicts, the test cases and the SARIF results."""

    def run(path, *options):
        places = [tmp_path / name for name in ("out.jsonl", "junit.xml", "report.sarif")]
        verify(path, "--out", places[0], "--junit", places[1], "--sarif", places[2], *options)
        lines = [json.loads(line) for line in places[0].read_text().splitlines()]
        document = json.loads(places[2].read_text())
        jsonschema.validate(document, SARIF, jsonschema.Draft202012Validator)
        return lines, ElementTree.parse(places[1]).getroot(), document["runs"][0]

    return run


def test_every_chain_that_is_not_good_has_findings(tmp_path, chains, samples, reports):
    path = chains(*samples.values(), "nonsense", {"answer": "3", "reference": "4"}, {"givens": ["a = 3"]})
    lines, _, _ = reports(path)
    assert {line["outcome"] for line in lines} == set(OUTCOMES)
    for line in lines:
        found = findings(line)
        assert bool(found) == (line["outcome"] not in GOOD)
        assert {finding.rule for finding in found} <= set(RULES)
        assert all(finding.message and "\n" not in finding.message for finding in found)


def test_a_test_case_a_chain(chains, samples, reports):
    path = chains(*samples.values(), "nonsense")
    lines, root, _ = reports(path)
    (suite,) = root
    cases = list(suite)
    assert [case.get("name") for case in cases] == [line["id"] for line in lines]
    assert [case.get("line") for case in cases] == [str(i + 1) for i in range(len(lines))]
    assert {case.get("file") for case in cases} == {str(path)}
    ends = [[child.tag for child in case] for case in cases]
    assert ends == [[], [], ["failure"], ["failure"], ["skipped"], ["failure"], ["failure"]]
    for level in (root, suite):
        assert [level.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["7", "4", "0", "1"]
    flawed = cases[2][0]
    assert flawed.get("type") == "flawed"
    assert flawed.get("message").startswith("flawed: step 0 is refuted: b = a + a = 3 + 3 = 7")
    assert "not JSON" in cases[6][0].text


def test_a_result_a_finding_at_its_line(chains, samples, reports):
    path = chains(*samples.values())
    lines, _, run = reports(path)
    expected = [(line["id"], found.rule, found.step) for line in lines for found in findings(line)]
    assert [(r["properties"]["chain"], r["ruleId"], r["properties"]["step"]) for r in run["results"]] == expected
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert rules[result["ruleIndex"]]["defaultConfiguration"]["level"] == result["level"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] == int(result["properties"]["chain"][1:]) + 1
        assert location["physicalLocation"]["artifactLocation"]["uri"] == path.as_uri()
    prints = [result["partialFingerprints"]["reasonlabFinding/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


def test_a_relative_path_stays_relative_and_is_a_uri(chains, samples, reports, monkeypatch):
    path = chains(samples["wrong"], name="ä b#.jsonl")
    monkeypatch.chdir(path.parent)
    _, root, run = reports(path.name)
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "%C3%A4%20b%23.jsonl"
    assert root[0][0].get("classname") == "ä b#.jsonl"


def test_a_record_of_an_array_has_no_line(chains, samples, reports):
    path = chains(json.dumps([samples["wrong"], samples["flawed"]], indent=2), name="array.json")
    _, root, run = reports(path)
    assert all(case.get("line") is None for case in root[0])
    assert all("region" not in result["locations"][0]["physicalLocation"] for result in run["results"])


def test_what_no_xml_can_hold_is_replaced(chains, samples, reports):
    wild = {**samples["wrong"], "text": 'b = 7 \x00\x1b ]]> <&" \ufffe \ud800 ; answer 7', "id": "\x01<\ud800>\n\t'"}
    lines, root, run = reports(chains(wild))
    assert lines[0]["id"] == "\x01<\ud800>\n\t'"
    assert root[0][0].get("name") == "\ufffd<\ufffd>\n\t'"
    assert "]]> <&" in root[0][0][0].text
    assert run["results"]


def test_without_a_finding_the_documents_are_whole(chains, samples, reports):
    _, root, run = reports(chains(samples["proved"]))
    assert (len(root[0]), root.get("failures"), run["results"]) == (1, "0", [])


def test_a_fault_of_ours_is_an_error(chains, samples, reports, monkeypatch):
    def fail(chain):
        raise ValueError("a bug")

    monkeypatch.setattr(records, "verify_chain", fail)
    monkeypatch.setattr(records.fast, "report", lambda record, id: None)
    _, root, run = reports(chains(samples["proved"]))
    assert (root.get("errors"), root.get("skipped"), root[0][0][0].tag) == ("1", "0", "error")
    assert [result["ruleId"] for result in run["results"]] == ["unknown"]


def test_a_resumed_run_reports_what_was_done_before(tmp_path, chains, samples, verify):
    path, out = chains(*samples.values()), tmp_path / "out.jsonl"
    places = [tmp_path / "whole.xml", tmp_path / "whole.sarif", tmp_path / "rest.xml", tmp_path / "rest.sarif"]
    verify(path, "--out", out, "--junit", places[0], "--sarif", places[1])
    out.write_bytes(out.read_bytes()[:-700])
    verify(path, "--out", out, "--resume", "--junit", places[2], "--sarif", places[3])
    assert places[0].read_bytes() == places[2].read_bytes()
    assert places[1].read_bytes() == places[3].read_bytes()


def test_an_earlier_fault_is_not_forgotten(tmp_path, chains, samples, verify, monkeypatch):
    path, out = chains(samples["proved"], samples["proved"]), tmp_path / "out.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(records, "verify_chain", lambda chain: 1 / 0)
        patch.setattr(records.fast, "report", lambda record, id: None)
        assert verify(path, "--out", out, "--limit", "1") == 4
    assert verify(path, "--out", out, "--resume") == 4
    assert [json.loads(line)["outcome"] for line in out.read_text().splitlines()] == ["unknown", "proved"]


def test_reports_of_a_run_that_was_stopped_are_not_written(tmp_path, chains, samples, verify, monkeypatch):
    def stop(chain):
        raise KeyboardInterrupt

    monkeypatch.setattr(records, "verify_chain", stop)
    monkeypatch.setattr(records.fast, "report", lambda record, id: None)
    place = tmp_path / "junit.xml"
    place.write_text("before")
    assert verify(chains(samples["proved"]), "--junit", place) == 130
    assert place.read_text() == "before"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--junit", "{here}"], "--junit '{here}' is a folder"),
        (["--sarif", "{here}/no/x"], "--sarif '{here}/no/x' cannot be written"),
        (["--junit", "{chains}"], "--junit is the input"),
        (["--junit", "{here}/x", "--sarif", "{here}/x"], "--sarif '{here}/x' is written already"),
        (["--smt-dir", "{chains}"], "--smt-dir '{chains}' is a file"),
        (["--smt-dir", "{here}/no/x"], "is no folder"),
        (["--out", "{here}/x", "--resume", "--cross-check"], "--resume does not go with --cross-check"),
        (["--engine", "slurm"], "--engine is 'slurm'; expected one of local, ray"),
    ],
)
def test_a_place_that_cannot_be_is_one_line(tmp_path, chains, samples, verify, capsys, options, says):
    names = {"here": tmp_path, "chains": chains(samples["proved"])}
    assert verify(names["chains"], *(option.format(**names) for option in options)) == 2
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 1
    assert says.format(**names) in printed.err
    assert [path.name for path in tmp_path.iterdir()] == ["chains.jsonl"]
