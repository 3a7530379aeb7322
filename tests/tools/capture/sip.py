"""SIP messages of one dialog (RFC 3261) and session descriptions (RFC 8866)."""
import dataclasses

CODECS = {  # name: (payload type, rtpmap, bytes in 20 ms, ticks in 20 ms)
    "pcmu": (0, "PCMU/8000", 160, 160),
    "pcma": (8, "PCMA/8000", 160, 160),
    "g722": (9, "G722/8000", 160, 160),
}


def session(media, codec, direction="sendrecv", version=1):
    """Offer or answer of one audio stream that is received at `media`."""
    payload_type, rtpmap, _, _ = CODECS[codec]
    family = f"IN IP{media.ip.version} {media.ip}"
    lines = ("v=0", f"o=- 1 {version} {family}", "s=-", f"c={family}", "t=0 0",
             f"m=audio {media.port} RTP/AVP {payload_type} 101",
             f"a=rtpmap:{payload_type} {rtpmap}", "a=rtpmap:101 telephone-event/8000",
             "a=ptime:20", f"a={direction}")
    return "\r\n".join(lines).encode() + b"\r\n"


@dataclasses.dataclass
class Dialog:
    """Who talks to whom; makes the datagrams of either side."""

    call_id: str
    caller: str
    callee: str
    caller_sip: object  # Endpoint of the caller's signalling.
    callee_sip: object
    tag: str
    campaign: str | None = None
    campaign_header: str = "X-Campaign-Id"

    def _message(self, start, cseq, method, from_caller, answered, body, extra=(), branch=None):
        near = f"<sip:{self.caller}@{self.caller_sip.host}>;tag=a{self.tag}"
        far = f"<sip:{self.callee}@{self.callee_sip.host}>" + (f";tag=b{self.tag}"
                                                              if answered else "")
        asker, asked = ((self.caller_sip, self.callee_sip) if from_caller
                        else (self.callee_sip, self.caller_sip))
        contact = asked if start.startswith("SIP/2.0") else asker
        branch = f"z9hG4bK{self.tag}{cseq}{branch or method}"
        lines = [start, f"Via: SIP/2.0/UDP {asker};branch={branch}",
                 f"From: {near if from_caller else far}", f"To: {far if from_caller else near}",
                 f"Call-ID: {self.call_id}", f"CSeq: {cseq} {method}", "Max-Forwards: 70",
                 f"Contact: <sip:{contact}>", *extra]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def invite(self, body):
        """The INVITE that starts the dialog."""
        extra = ()
        if self.campaign is not None:
            extra = (f"{self.campaign_header}: {self.campaign}",)
        return self._message(f"INVITE sip:{self.callee}@{self.callee_sip.host} SIP/2.0", 1,
                             "INVITE", True, False, body, extra)

    def request(self, method, cseq, body=b"", from_caller=True):
        """A request inside the dialog."""
        user, host = ((self.callee, self.callee_sip.host) if from_caller
                      else (self.caller, self.caller_sip.host))
        return self._message(f"{method} sip:{user}@{host} SIP/2.0", cseq, method, from_caller,
                             True, body)

    def give_up(self, method):
        """CANCEL of the first INVITE, or ACK of its failure: both carry that INVITE's branch."""
        return self._message(f"{method} sip:{self.callee}@{self.callee_sip.host} SIP/2.0", 1,
                             method, True, method == "ACK", b"", branch="INVITE")

    def response(self, status, cseq=1, method="INVITE", body=b"", from_caller=True):
        """The answer to a request of the caller's or (from_caller False) of the callee's."""
        branch = "INVITE" if method == "CANCEL" else None
        return self._message(f"SIP/2.0 {status}", cseq, method, from_caller,
                             not status.startswith("100"), body, branch=branch)
