#!/usr/bin/python3

"""
aiortc as an encoder, until its input ends, or as a player, until it has seen
enough: URL KEY SECONDS.  Prints what it decoded.
"""

import asyncio
import fractions
import sys
import time

import av
import numpy
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription

import whip

WIDTH, HEIGHT, RATE = 320, 240, 15


class Clock(MediaStreamTrack):
    """Frames in real time."""

    def __init__(self, step):
        super().__init__()
        self.step = step
        self.n = 0
        self.start = time.time()

    async def tick(self):
        self.n += 1
        await asyncio.sleep(
            max(0, self.start + self.n * self.step - time.time()))


class Picture(Clock):
    kind = "video"

    async def recv(self):
        await self.tick()
        data = numpy.full((HEIGHT, WIDTH, 3), 96, numpy.uint8)
        at = self.n * 8 % (WIDTH - 64)
        data[:, at:at + 64] = 224
        frame = av.VideoFrame.from_ndarray(data, "rgb24")
        frame.pts = self.n * 90000 // RATE
        frame.time_base = fractions.Fraction(1, 90000)

        return frame


class Tone(Clock):
    kind = "audio"

    async def recv(self):
        await self.tick()
        at = numpy.arange(self.n * 960, (self.n + 1) * 960)
        wave = (numpy.sin(at * 440 * 2 * numpy.pi / 48000) * 8000)
        frame = av.AudioFrame.from_ndarray(
            wave.astype(numpy.int16).reshape(1, -1), "s16", "mono")
        frame.sample_rate = 48000
        frame.pts = self.n * 960
        frame.time_base = fractions.Fraction(1, 48000)

        return frame


async def watch(track, seen):
    try:
        while True:
            frame = await track.recv()

            if track.kind == "video":
                seen["video"] += 1
                seen["width"] = frame.width
            elif numpy.abs(frame.to_ndarray()).max() > 1000:
                seen["audio"] += 1
    except Exception:
        pass


async def main():
    url, key, seconds, publishes = whip.arguments()
    seen = {"video": 0, "audio": 0, "width": 0}
    stream = whip.Stream(url, key)
    pc = RTCPeerConnection()

    @pc.on("track")
    def on_track(track):
        asyncio.ensure_future(watch(track, seen))

    if publishes:
        pc.addTrack(Tone(0.02))
        pc.addTrack(Picture(1 / RATE))
    else:
        pc.addTransceiver("audio", direction="recvonly")
        pc.addTransceiver("video", direction="recvonly")

    await pc.setLocalDescription(await pc.createOffer())
    answer = stream.open(pc.localDescription.sdp)
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    end = time.time() + seconds
    told = asyncio.get_event_loop().run_in_executor(None, sys.stdin.read)

    while time.time() < end and not (
            told.done() if publishes else whip.enough(seen)):
        await asyncio.sleep(0.1)

    state = pc.connectionState
    status = stream.close()
    await pc.close()
    whip.report(state=state, closed=status, **seen)


asyncio.run(main())
