"""What happens in a call: one function per kind, each puts one call on a timeline and returns the
truth about it. The media of a call is `call.source`: noise here, speech in the demonstration."""
import dataclasses

from . import media
from .sip import Dialog, session
from .wire import Endpoint

MS = 1_000_000


@dataclasses.dataclass
class Call:
    """Everything that is decided before a call is put on the timeline."""

    dialog: Dialog
    caller_media: Endpoint
    callee_media: Endpoint
    codec: str
    start_ns: int
    talk_packets: int  # In each direction.
    random: object
    faults: object = None
    early_ms: int = 0
    sources: tuple = None  # Of the caller's and the callee's payloads.
    streams: list = dataclasses.field(default_factory=list)

    def stream(self, src, dst):
        new = media.Stream(src, dst, self.random.getrandbits(32), self.codec,
                           self.random.getrandbits(16), self.random.getrandbits(32))
        self.streams.append(new)
        return new

    def offer(self, direction="sendrecv", version=1, at=None):
        return session(at or self.caller_media, self.codec, direction, version)

    def answer(self, direction="sendrecv", version=1):
        return session(self.callee_media, self.codec, direction, version)

    def truth(self, state, reason=None, answered=True):
        return {"sip_call_id": self.dialog.call_id, "from": self.dialog.caller,
                "to": self.dialog.callee, "campaign": self.dialog.campaign, "state": state,
                "reason": reason, "answered": answered, "streams": self.streams}


class Signalling:
    """Puts the messages of one call on the timeline, at times relative to its start."""

    def __init__(self, timeline, call):
        self.timeline = timeline
        self.call = call
        self.dialog = call.dialog

    def say(self, at_ns, from_caller, message):
        ends = (self.dialog.caller_sip, self.dialog.callee_sip)
        src, dst = ends if from_caller else reversed(ends)
        self.timeline.add(at_ns, src, dst, message, "sip")

    def ring(self, early=False):
        """INVITE, 100 and 180, or 183 with the answer in it."""
        start = self.call.start_ns
        self.say(start, True, self.dialog.invite(self.call.offer()))
        self.say(start + 2 * MS, False, self.dialog.response("100 Trying"))
        if early:
            self.say(start + 20 * MS, False,
                     self.dialog.response("183 Session Progress", body=self.call.answer()))
        else:
            self.say(start + 20 * MS, False, self.dialog.response("180 Ringing"))

    def pick_up(self, at_ns):
        self.say(at_ns, False, self.dialog.response("200 OK", body=self.call.answer()))
        self.say(at_ns + 10 * MS, True, self.dialog.request("ACK", 1))

    def re_invite(self, at_ns, cseq, offer, answer):
        self.say(at_ns, True, self.dialog.request("INVITE", cseq, offer))
        self.say(at_ns + 5 * MS, False, self.dialog.response("200 OK", cseq, body=answer))
        self.say(at_ns + 9 * MS, True, self.dialog.request("ACK", cseq))

    def hang_up(self, at_ns, cseq=10, from_caller=False):
        self.say(at_ns, from_caller, self.dialog.request("BYE", cseq, from_caller=from_caller))
        self.say(at_ns + 3 * MS, not from_caller,
                 self.dialog.response("200 OK", cseq, "BYE", from_caller=from_caller))


def talk(timeline, call, start_ns, packets, ends=None):
    """Both sides speak; returns the two streams and when the talk ends. Goes on with `ends`."""
    if ends is None:
        ends = (call.stream(call.caller_media, call.callee_media),
                call.stream(call.callee_media, call.caller_media))
    done = start_ns
    for stream, source in zip(ends, call.sources):
        done = media.send(timeline, stream, start_ns, packets, source, call.faults)
    return ends, done


def plain(timeline, call):
    """INVITE, 180, 200, talk, BYE; the callee's early media first where the call has some."""
    sip = Signalling(timeline, call)
    sip.ring(early=call.early_ms > 0)
    answered = call.start_ns + (60 + call.early_ms) * MS
    sip.pick_up(answered)
    caller = call.stream(call.caller_media, call.callee_media)
    callee = call.stream(call.callee_media, call.caller_media)
    early = call.early_ms // 20
    first = answered - early * media.FRAME_NS + 50_000
    media.send(timeline, callee, first, early + call.talk_packets, call.sources[1], call.faults)
    done = media.send(timeline, caller, answered + 10 * MS + 100_000, call.talk_packets,
                      call.sources[0], call.faults)
    sip.hang_up(done + 100 * MS)
    return call.truth("recorded")


def media_first(timeline, call):
    """The callee's voice overtakes all signalling: RTP starts 40 ms before the INVITE is seen."""
    sip = Signalling(timeline, call)
    sip.ring()
    sip.pick_up(call.start_ns + 60 * MS)
    _, done = talk(timeline, call, call.start_ns - 40 * MS, call.talk_packets)
    sip.hang_up(done + 100 * MS)
    return call.truth("recorded")


def moved(timeline, call):
    """A re-INVITE moves the caller's media to another port in the middle of the call."""
    sip = Signalling(timeline, call)
    sip.ring()
    sip.pick_up(call.start_ns + 60 * MS)
    half = call.talk_packets // 2
    _, done = talk(timeline, call, call.start_ns + 75 * MS, half)
    elsewhere = Endpoint(call.caller_media.ip, call.caller_media.port + 20000)
    sip.re_invite(done + 60 * MS, 2, call.offer(version=2, at=elsewhere), call.answer())
    call.caller_media = elsewhere
    _, done = talk(timeline, call, done + 90 * MS, half)
    sip.hang_up(done + 100 * MS)
    return call.truth("recorded")


def held(timeline, call):
    """The caller holds the callee, is alone on the wire for a second, and takes the call back."""
    sip = Signalling(timeline, call)
    sip.ring()
    sip.pick_up(call.start_ns + 60 * MS)
    half = call.talk_packets // 2
    ends, done = talk(timeline, call, call.start_ns + 75 * MS, half)
    sip.re_invite(done + 60 * MS, 2, call.offer("sendonly", 2), call.answer("recvonly", 2))
    music = media.send(timeline, ends[0], done + 80 * MS, 50, call.sources[0])
    sip.re_invite(music + 60 * MS, 3, call.offer("sendrecv", 3), call.answer("sendrecv", 3))
    _, done = talk(timeline, call, music + 90 * MS, half, ends)
    sip.hang_up(done + 100 * MS, from_caller=True)
    return call.truth("recorded")


def retransmitted(timeline, call):
    """Every message of the call is seen twice, half a second apart, the 200 three times."""
    twice = Signalling(timeline, call)
    once = twice.say

    def say(at_ns, from_caller, message):
        once(at_ns, from_caller, message)
        once(at_ns + 500 * MS, from_caller, message)

    twice.say = say
    twice.ring()
    twice.pick_up(call.start_ns + 700 * MS)
    once(call.start_ns + 1900 * MS, False,
         call.dialog.response("200 OK", body=call.answer()))
    _, done = talk(timeline, call, call.start_ns + 715 * MS, call.talk_packets)
    twice.hang_up(done + 100 * MS)
    return call.truth("recorded")


def reported(timeline, call):
    """As plain, with RTCP on the next port up, which is signalling and never stored."""
    truth = plain(timeline, call)
    for stream, (src, dst) in zip(call.streams, ((call.caller_media, call.callee_media),
                                                 (call.callee_media, call.caller_media))):
        report = media.rtcp_sender_report(stream.ssrc, call.talk_packets, 160 * call.talk_packets)
        for at_ms in (500, 1000):
            timeline.add(call.start_ns + at_ms * MS, Endpoint(src.ip, src.port + 1),
                         Endpoint(dst.ip, dst.port + 1), report, "rtcp")
    return truth


def cancelled(timeline, call):
    """The caller gives up while it rings."""
    sip = Signalling(timeline, call)
    sip.ring()
    at = call.start_ns + 4000 * MS
    sip.say(at, True, call.dialog.give_up("CANCEL"))
    sip.say(at + 2 * MS, False, call.dialog.response("200 OK", 1, "CANCEL"))
    sip.say(at + 4 * MS, False, call.dialog.response("487 Request Terminated"))
    sip.say(at + 6 * MS, True, call.dialog.give_up("ACK"))
    return call.truth("no_media", "cancelled", False)


def rejected(timeline, call):
    """The callee is busy."""
    sip = Signalling(timeline, call)
    sip.ring()
    sip.say(call.start_ns + 1500 * MS, False, call.dialog.response("486 Busy Here"))
    sip.say(call.start_ns + 1503 * MS, True, call.dialog.give_up("ACK"))
    return call.truth("no_media", "rejected", False)


def silent(timeline, call):
    """Answered, but nobody sends RTP."""
    sip = Signalling(timeline, call)
    sip.ring()
    sip.pick_up(call.start_ns + 60 * MS)
    sip.hang_up(call.start_ns + 3000 * MS)
    return call.truth("no_media", "no_rtp")


KINDS = {kind.__name__: kind for kind in (
    plain, media_first, moved, held, retransmitted, reported, cancelled, rejected, silent)}
