// The two voices of a recording apart: left is the caller, right the callee. Both are heard in
// both ears; either can be silenced, and the level of each can be read.
export type Voice = "caller" | "callee";
export type Heard = Voice | "both";

export interface Voices {
  hear: (heard: Heard) => void;
  level: (voice: Voice) => number; // 0 to 1, of about the last 20 ms, in steps of loudness.
  resume: () => Promise<void>;
  close: () => void;
}

const floorDb = -54; // Quieter than this shows as nothing.

// An element can be taken into a graph only once. Must be called after a click or key.
export function openVoices(audio: HTMLAudioElement): Voices {
  const context = new AudioContext();
  const splitter = context.createChannelSplitter(2);
  context.createMediaElementSource(audio).connect(splitter);
  const strip = (channel: number) => {
    const meter = context.createAnalyser();
    meter.fftSize = 1024;
    const gain = context.createGain();
    splitter.connect(meter, channel);
    splitter.connect(gain, channel);
    gain.connect(context.destination);
    return { meter, gain, samples: new Float32Array(meter.fftSize) };
  };
  const strips = { caller: strip(0), callee: strip(1) };

  return {
    hear: (heard) => {
      for (const voice of ["caller", "callee"] as const) {
        const target = heard === "both" || heard === voice ? 1 : 0;
        strips[voice].gain.gain.setTargetAtTime(target, context.currentTime, 0.01);
      }
    },
    level: (voice) => {
      const { meter, samples } = strips[voice];
      meter.getFloatTimeDomainData(samples);
      let sum = 0;
      for (const sample of samples) sum += sample * sample;
      const loudnessDb = 10 * Math.log10(sum / samples.length + 1e-12);
      return Math.min(1, Math.max(0, 1 - loudnessDb / floorDb));
    },
    resume: () => context.resume(),
    close: () => void context.close(),
  };
}
