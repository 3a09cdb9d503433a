#!/usr/bin/python3

"""
GStreamer's webrtcbin as an encoder, until its input ends, or as a player, until
it has seen enough: URL KEY SECONDS.
"""

import array
import os
import sys
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")

from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

import whip  # noqa: E402

SEND = """
    webrtcbin name=rtc bundle-policy=max-bundle
    audiotestsrc is-live=true volume=0.3 ! opusenc ! rtpopuspay pt=111
        ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! rtc.
    videotestsrc is-live=true pattern=ball
        ! video/x-raw,width=320,height=240,framerate=15/1
        ! vp8enc deadline=1 keyframe-max-dist=60 target-bitrate=200000
        ! rtpvp8pay pt=96 picture-id-mode=2
        ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! rtc.
"""
PLAY = {
    "audio": "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,"
             "clock-rate=48000,encoding-params=(string)2",
    "video": "application/x-rtp,media=video,encoding-name=VP8,payload=96,"
             "clock-rate=90000,rtcp-fb-nack-pli=true",
}
DECODE = {
    "audio": "rtpopusdepay ! opusdec ! audioconvert "
             "! audio/x-raw,format=S16LE ! appsink name=sink sync=false "
             "emit-signals=true",
    "video": "rtpvp8depay ! vp8dec ! appsink name=sink sync=false "
             "emit-signals=true",
}

Gst.init(None)

url, key, seconds, publishes = whip.arguments()
stream = whip.Stream(url, key)
seen = {"video": 0, "audio": 0, "width": 0}
failed = []
loop = GLib.MainLoop()

if publishes:
    pipe = Gst.parse_launch(SEND)
    rtc = pipe.get_by_name("rtc")
else:
    pipe = Gst.Pipeline.new(None)
    rtc = Gst.ElementFactory.make("webrtcbin", "rtc")
    rtc.set_property("bundle-policy", "max-bundle")
    pipe.add(rtc)

    for caps in PLAY.values():
        rtc.emit("add-transceiver",
                 GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
                 Gst.Caps.from_string(caps))


def on_sample(sink, kind):
    sample = sink.emit("pull-sample")

    if kind == "video":
        seen["video"] += 1
        seen["width"] = sample.get_caps().get_structure(0).get_int("width")[1]
    else:
        data = sample.get_buffer().extract_dup(
            0, sample.get_buffer().get_size())

        if max(map(abs, array.array("h", data))) > 1000:
            seen["audio"] += 1

    return Gst.FlowReturn.OK


def on_pad(_, pad):
    if pad.get_direction() != Gst.PadDirection.SRC:
        return

    kind = pad.get_current_caps().get_structure(0).get_string("media")
    branch = Gst.parse_bin_from_description(DECODE[kind], True)
    branch.get_by_name("sink").connect("new-sample", on_sample, kind)
    pipe.add(branch)
    branch.sync_state_with_parent()
    pad.link(branch.get_static_pad("sink"))


def on_offer(promise):
    reply = promise.get_reply()    # owns the offer
    offer = reply.get_value("offer")
    rtc.emit("set-local-description", offer, Gst.Promise.new())

    # without candidates: a lite server learns them from the checks
    try:
        answer = stream.open(offer.sdp.as_text())
        _, sdp = GstSdp.SDPMessage.new_from_text(answer)
        rtc.emit("set-remote-description",
                 GstWebRTC.WebRTCSessionDescription.new(
                     GstWebRTC.WebRTCSDPType.ANSWER, sdp), Gst.Promise.new())
    except Exception as error:
        failed.append(repr(error))
        loop.quit()


def on_time():
    if time.time() > end or (not publishes and whip.enough(seen)):
        loop.quit()

    return True


rtc.connect("pad-added", on_pad)
rtc.connect("on-negotiation-needed", lambda _: rtc.emit(
    "create-offer", None, Gst.Promise.new_with_change_func(on_offer)))
pipe.set_state(Gst.State.PLAYING)
GLib.timeout_add(100, on_time)

if publishes:
    GLib.io_add_watch(sys.stdin, GLib.IO_HUP, lambda *_: loop.quit())

end = time.time() + seconds
loop.run()

state = rtc.get_property("connection-state").value_nick
closed = 0 if failed else stream.close()
whip.report(state=state, closed=closed, failed=failed, **seen)

os._exit(0)    # taking the pipeline down may wait for the other side
