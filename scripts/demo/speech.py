"""Speaks a dialogue with espeak-ng: two tracks of 8 kHz A-law, one per side, taking turns."""
import hashlib
import json
import os
import shutil
import subprocess

BYTES_PER_SECOND = 8000
SILENCE = b"\xd5"  # A-law for zero.
A_LAW = ("-t", "raw", "-r", "8000", "-c", "1", "-e", "a-law")
PAUSE = int(0.4 * BYTES_PER_SECOND)


def _speak(text, voice):
    """One sentence as A-law."""
    wave = subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "--stdout", text], check=True,
                          stdout=subprocess.PIPE).stdout
    return subprocess.run(["sox", "-q", "-t", "wav", "--ignore-length", "-", *A_LAW, "-", "gain",
                           "-n", "-6"], input=wave, check=True, capture_output=True).stdout


def ring_back(seconds):
    """What a caller hears while it rings: 425 Hz, one second in five."""
    tone = subprocess.run(["sox", "-q", "-n", *A_LAW, "-", "synth", "1", "sine", "425", "gain",
                           "-15"], check=True, stdout=subprocess.PIPE).stdout
    cycle = tone.ljust(5 * BYTES_PER_SECOND, SILENCE)
    return (cycle * (seconds // 5 + 1))[:seconds * BYTES_PER_SECOND]


def tracks(dialogue, cache):
    """The two tracks (caller, callee) of a dialogue, equally long, from the cache folder if there.

    A dialogue has `voices` (caller's, callee's) and `turns`: who speaks (0 or 1) and what.
    """
    name = hashlib.sha256(json.dumps(dialogue, sort_keys=True).encode()).hexdigest()[:16]
    folder = os.path.join(cache, name)
    files = [os.path.join(folder, side) for side in ("caller.al", "callee.al")]
    if not os.path.isdir(folder):
        made = [b"", b""]
        for speaker, text in dialogue["turns"]:
            voice = _speak(text, dialogue["voices"][speaker]) + SILENCE * PAUSE
            made[speaker] += voice
            made[1 - speaker] += SILENCE * len(voice)
        partial = folder + ".partial"
        shutil.rmtree(partial, ignore_errors=True)
        os.makedirs(partial)
        for file, track in zip(files, made):
            with open(os.path.join(partial, os.path.basename(file)), "wb") as out:
                out.write(track)
        os.rename(partial, folder)
    result = []
    for file in files:
        with open(file, "rb") as track:
            result.append(track.read())
    return tuple(result)
