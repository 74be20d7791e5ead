"""What `veche doctor` says of a site whose gate is not the server's: it must see from inside what others run into."""

import pytest

from veche_site import plan
from veche_site.site import Variant


def examined(world) -> dict:
    """The lines of the report by what they are about."""
    return {line["id"]: line for line in world.server.doctor()["lines"]}


@pytest.mark.parametrize(("hairpin", "found"), [(True, ("ok", "works")), (False, ("warning", "not_reached"))])
def test_doctor_tells_whether_the_external_address_leads_back_in(start, only_veche, hairpin, found):
    line = examined(start(Variant(hairpin=hairpin)))["hairpin"]
    assert (line["state"], line["code"]) == found
    for words in line["meaning"].values():
        assert plan.EXTERNAL in words
    # Whoever reads it is told what to do.
    assert (line["mend"] is None) == hairpin


@pytest.mark.parametrize(("hairpin", "found"), [(True, ("ok", "answers")), (False, ("warning", "not_reached"))])
def test_doctor_tells_whether_the_ports_of_calls_lead_back_in(start, only_veche, hairpin, found):
    lines = examined(start(Variant(hairpin=hairpin)))
    for way, port in (("calls_udp", 7882), ("calls_tcp", 7881)):
        assert (lines[way]["state"], lines[way]["code"]) == found
        for words in lines[way]["meaning"].values():
            assert f"{plan.EXTERNAL}:{port}" in words


def test_doctor_finds_the_relay_open_every_way(start, only_veche):
    lines = examined(start(Variant()))
    ways = ("turn_udp", "turn_tcp", "allocation_udp", "allocation_tcp", "allocation_tls")
    assert {way: lines[way]["state"] for way in ways} == dict.fromkeys(ways, "ok")
    assert plan.EXTERNAL in lines["allocation_tls"]["meaning"]["en"]
