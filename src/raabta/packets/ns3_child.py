"""Runs a description of links and flows in ns-3; a program of its own, for a Python that has the package ns3.

`python ns3_child.py IN.json OUT.json`. It imports nothing of raabta, and raabta never imports ns-3: the two
speak by these files alone. Of each link: a point-to-point link whose delay and rates are set anew at every
time of its trace; a gap loses what arrives in it. Of each flow: a bulk TCP transfer, UDP at a constant rate,
or pings.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PING_BYTES = 56
UDP_PAYLOAD_BYTES = 1_400
TCP_SEGMENT_BYTES = 1_448
TCP_BUFFER_BYTES = 8_000_000
BUCKET_BYTES = 1_500
CARRIER = "100Gbps"
WAYS = ("return", "forward")
"""What the user's end (0) and the far end (1) send."""
DRAIN_S = 1.5
"""Simulated after the end, so that what is under way arrives and is not taken for lost."""
FIRST_PORT = 5_000
HEARING = r"""
#include <map>
#include <vector>
#include "ns3/core-module.h"
#include "ns3/internet-apps-module.h"
std::map<int, std::vector<double>> raabta_rtt_ms;
void raabta_heard(int flow, uint16_t, ns3::Time rtt)
{
    raabta_rtt_ms[flow].push_back(rtt.GetNanoSeconds() / 1e6);
}
void raabta_hear(ns3::Ptr<ns3::Application> app, int flow)
{
    app->TraceConnectWithoutContext("Rtt", ns3::MakeBoundCallback(&raabta_heard, flow));
}
std::vector<double> raabta_rtts(int flow) { return raabta_rtt_ms[flow]; }
"""


def main(asked: Path, answer: Path) -> None:
    """Read a description, run it, write what each flow found."""
    told = json.loads(asked.read_text(encoding="utf-8"))
    found = simulate(told)
    answer.write_text(json.dumps(found), encoding="utf-8")


def simulate(told: dict[str, Any]) -> dict[str, Any]:
    """Run `told`: duration_s, seed, links and flows (see `ns3_run.description`)."""
    from ns import ns

    ns.cppyy.cppdef(HEARING)
    ns.RngSeedManager.SetSeed(1 + told["seed"] % (2**31 - 1))
    for kind, value in (("SndBufSize", TCP_BUFFER_BYTES), ("RcvBufSize", TCP_BUFFER_BYTES)):
        ns.Config.SetDefault("ns3::TcpSocket::" + kind, ns.UintegerValue(value))
    ns.Config.SetDefault("ns3::TcpSocket::SegmentSize", ns.UintegerValue(TCP_SEGMENT_BYTES))
    links = [Link(ns, number, each) for number, each in enumerate(told["links"])]
    flows = [
        KINDS[each["kind"]](ns, number, each, links[each["link"]], told["duration_s"])
        for number, each in enumerate(told["flows"])
    ]
    helper = ns.FlowMonitorHelper()
    monitor = helper.InstallAll()
    _run(ns, links, told["duration_s"])
    goodput = [flow.goodput_mbps() for flow in flows]
    ns.Simulator.Stop(ns.Seconds(DRAIN_S))
    ns.Simulator.Run()
    lost = _losses(ns, helper, monitor)
    found = [
        {"goodput_mbps": goodput[number], "rtt_ms": flow.rtt_ms(), "loss_share": flow.loss_share(lost)}
        for number, flow in enumerate(flows)
    ]
    ns.Simulator.Destroy()
    return {"flows": found}


def _run(ns: Any, links: list[Link], duration_s: float) -> None:
    """Simulate to the end, and set each link at its times."""
    moments = sorted({time for link in links for time in link.told["time_s"] if 0.0 < time < duration_s})
    now_ns = 0
    for moment_s in [*moments, duration_s]:
        ns.Simulator.Stop(ns.NanoSeconds(round(1e9 * moment_s) - now_ns))
        ns.Simulator.Run()
        now_ns = round(1e9 * moment_s)
        for link in links:
            link.follow(moment_s)


def _losses(ns: Any, helper: Any, monitor: Any) -> dict[int, tuple[int, int]]:
    """(packets sent, packets lost) by the port that a flow goes to."""
    monitor.CheckForLostPackets(ns.Seconds(1.0))
    classifier = helper.GetClassifier()
    found = {}
    for number, seen in monitor.GetFlowStats():
        port = classifier.FindFlow(number).destinationPort
        found[int(port)] = (int(seen.txPackets), int(seen.lostPackets))
    return found


class Link:
    """Two nodes, the user's and the far one, and what is between them."""

    def __init__(self, ns: Any, number: int, told: dict[str, Any]) -> None:
        self.ns, self.told, self.step = ns, told, -1
        self.nodes = ns.NodeContainer()
        self.nodes.Create(2)
        point_to_point = ns.PointToPointHelper()
        point_to_point.SetDeviceAttribute("DataRate", ns.StringValue(CARRIER))
        devices = point_to_point.Install(self.nodes)
        ns.InternetStackHelper().Install(self.nodes)
        self.buckets = [self._bucket(devices.Get(end), way) for end, way in enumerate(WAYS)]
        addresses = ns.Ipv4AddressHelper()
        addresses.SetBase(
            ns.Ipv4Address(f"10.{number // 250}.{number % 250}.0"), ns.Ipv4Mask("255.255.255.252")
        )
        self.interfaces = addresses.Assign(devices)
        self.channel = devices.Get(0).GetChannel()
        self.errors = [self._error(devices.Get(end)) for end in (0, 1)]
        self.follow(0.0)

    def _bucket(self, device: Any, way: str) -> Any:
        """A queue and a token bucket of one full packet before a device: a share of a far faster carrier."""
        ns, helper = self.ns, self.ns.TrafficControlHelper()
        helper.SetRootQueueDisc("ns3::TbfQueueDisc")
        bucket = helper.Install(device).Get(0)
        size = ns.QueueSize(f"{self.told['queue_bytes'][way]}B")
        bucket.SetAttribute("MaxSize", ns.QueueSizeValue(size))
        bucket.SetAttribute("Burst", ns.UintegerValue(BUCKET_BYTES))
        return bucket

    def _error(self, device: Any) -> Any:
        """What loses packets as they arrive at a device."""
        error = self.ns.CreateObject[self.ns.RateErrorModel]()
        error.SetUnit(self.ns.RateErrorModel.ERROR_UNIT_PACKET)
        device.SetReceiveErrorModel(error)
        return error

    def follow(self, now_s: float) -> None:
        """Set what holds at a moment, if it is not set."""
        step = self.step
        while step + 1 < len(self.told["time_s"]) and self.told["time_s"][step + 1] <= now_s:
            step += 1
        if step != self.step:
            self.step = step
            self._set()

    def _set(self) -> None:
        ns, told, k = self.ns, self.told, self.step
        delay = ns.TimeValue(ns.NanoSeconds(round(1e6 * told["delay_ms"][k])))
        self.channel.SetAttribute("Delay", delay)
        passes = told["up"][k]
        for end, way in enumerate(WAYS):
            bits_s = round(1e6 * told[f"{way}_mbps"][k])
            if bits_s > 0:
                self.buckets[end].SetAttribute("Rate", ns.DataRateValue(ns.DataRate(bits_s)))
            lost = told["loss_share"][k] if passes and bits_s > 0 else 1.0
            self.errors[1 - end].SetRate(float(lost))

    def address(self, end: int) -> Any:
        """Of the user (0) or of the far end (1)."""
        return self.interfaces.GetAddress(end)


class Flow:
    """Packets of one kind over a link, from its start to the end of the run."""

    patience_s = 0.0
    """For how much longer its applications wait for answers."""

    def __init__(self, ns: Any, number: int, told: dict[str, Any], link: Link, duration_s: float) -> None:
        self.ns, self.number, self.told, self.link = ns, number, told, link
        self.port = FIRST_PORT + number
        source = 1 if told["forward"] else 0
        self.ends = source, 1 - source
        self.length_s = duration_s - told["start_s"]
        for application in self.install():
            application.Start(ns.Seconds(told["start_s"]))
            application.Stop(ns.Seconds(duration_s + self.patience_s))

    def install(self) -> list[Any]:
        """The applications of the flow, to be started and stopped."""
        raise NotImplementedError

    def goodput_mbps(self) -> float | None:
        """Payload that has arrived, by the time it had."""
        return 8e-6 * self.received_bytes() / float(self.length_s)

    def received_bytes(self) -> int:
        """Payload that arrived."""
        raise NotImplementedError

    def rtt_ms(self) -> list[float]:
        """Round trips that it saw."""
        return []

    def loss_share(self, lost: dict[int, tuple[int, int]]) -> float | None:
        """Packets that were lost by those sent; None where none was."""
        sent, gone = lost.get(self.port, (0, 0))
        return gone / sent if sent else None

    def target(self) -> Any:
        """Address and port of its far end."""
        return self.ns.InetSocketAddress(self.link.address(self.ends[1]), self.port).ConvertTo()


class Tcp(Flow):
    """As much as TCP carries."""

    def install(self) -> list[Any]:
        """A sink and a source without end."""
        ns = self.ns
        everywhere = ns.InetSocketAddress(ns.Ipv4Address.GetAny(), self.port).ConvertTo()
        sink = ns.PacketSinkHelper("ns3::TcpSocketFactory", everywhere).Install(
            self.link.nodes.Get(self.ends[1])
        )
        self.sink = sink.Get(0)
        source = ns.BulkSendHelper("ns3::TcpSocketFactory", self.target())
        source.SetAttribute("MaxBytes", ns.UintegerValue(0))
        return [sink, source.Install(self.link.nodes.Get(self.ends[0]))]

    def received_bytes(self) -> int:
        """What the sink has had."""
        return int(self.sink.GetTotalRx())


class Udp(Flow):
    """A constant rate of IP packets."""

    def install(self) -> list[Any]:
        """A server, and a client that sends at equal times."""
        ns = self.ns
        server = ns.UdpServerHelper(self.port).Install(self.link.nodes.Get(self.ends[1]))
        self.server = server.Get(0)
        client = ns.UdpClientHelper(self.target())
        packet_bits = 8 * (UDP_PAYLOAD_BYTES + 28)
        client.SetAttribute("Interval", ns.TimeValue(ns.Seconds(1e-6 * packet_bits / self.told["rate_mbps"])))
        client.SetAttribute("PacketSize", ns.UintegerValue(UDP_PAYLOAD_BYTES))
        client.SetAttribute("MaxPackets", ns.UintegerValue(2**32 - 1))
        return [server, client.Install(self.link.nodes.Get(self.ends[0]))]

    def received_bytes(self) -> int:
        """Packets at the server times their payload."""
        return int(self.server.GetReceived()) * UDP_PAYLOAD_BYTES


class Ping(Flow):
    """Pings from one end to the other, and what they found."""

    patience_s = DRAIN_S

    def install(self) -> list[Any]:
        """What sends and counts them."""
        ns = self.ns
        helper = ns.PingHelper(self.link.address(self.ends[1]).ConvertTo())
        helper.SetAttribute("Interval", ns.TimeValue(ns.Seconds(self.told["interval_s"])))
        helper.SetAttribute("Size", ns.UintegerValue(PING_BYTES))
        self.count = max(1, round(self.length_s / self.told["interval_s"]))
        helper.SetAttribute("Count", ns.UintegerValue(self.count))
        helper.SetAttribute("VerboseMode", ns.StringValue("Silent"))
        applications = helper.Install(self.link.nodes.Get(self.ends[0]))
        ns.cppyy.gbl.raabta_hear(applications.Get(0), self.number)
        return [applications]

    def goodput_mbps(self) -> float | None:
        """None: pings carry nothing."""
        return None

    def rtt_ms(self) -> list[float]:
        """Of those that came back."""
        return [float(each) for each in self.ns.cppyy.gbl.raabta_rtts(self.number)]

    def loss_share(self, lost: dict[int, tuple[int, int]]) -> float | None:
        """Those that did not come back, by all."""
        return 1.0 - len(self.rtt_ms()) / float(self.count)


KINDS = {"tcp": Tcp, "udp": Udp, "ping": Ping}

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
