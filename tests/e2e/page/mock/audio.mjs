// A WAV file of two voices that take turns: 16-bit PCM, 8 kHz, left and right.
const rateHz = 8_000;

export function makeWav(seconds) {
  const frames = Math.round(seconds * rateHz);
  const wav = Buffer.alloc(44 + frames * 4);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(2, 22); // channels
  wav.writeUInt32LE(rateHz, 24);
  wav.writeUInt32LE(rateHz * 4, 28);
  wav.writeUInt16LE(4, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(frames * 4, 40);
  for (let frame = 0; frame < frames; ++frame) {
    const at = frame / rateHz;
    const callerSpeaks = Math.floor(at / 2) % 2 === 0;
    const syllables = 0.55 + 0.45 * Math.sin(2 * Math.PI * 3.1 * at);
    const voice = (hz) => Math.round(9_000 * syllables * Math.sin(2 * Math.PI * hz * at));
    wav.writeInt16LE(callerSpeaks ? voice(210) : 0, 44 + frame * 4);
    wav.writeInt16LE(callerSpeaks ? 0 : voice(130), 46 + frame * 4);
  }
  return wav;
}

// One range of RFC 9110 section 14, as [start, end) of `size`; null: none asked for.
export function rangeOf(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (!match[1] && !match[2])) return null;
  if (!match[1]) return [Math.max(0, size - Number(match[2])), size];
  const end = match[2] ? Math.min(size, Number(match[2]) + 1) : size;
  return [Number(match[1]), end];
}
