import type { Stream } from "../api/types";
import { useFormat } from "../i18n/format";
import { useTexts } from "../i18n/texts";

export function StreamTable({ streams }: { streams: Stream[] }) {
  const texts = useTexts();
  const words = texts.streams;
  if (streams.length === 0) return <p class="quiet">{words.none}</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={texts.detail.streams}>
      <table class="streams">
        <thead>
          <tr>
            <th scope="col">{words.speakerColumn}</th>
            <th scope="col">{words.codec}</th>
            <th scope="col" class="number">
              {words.packets}
            </th>
            <th scope="col" class="number">
              {words.lost}
            </th>
            <th scope="col" class="number">
              {words.dropped}
            </th>
            <th scope="col" class="number">
              {words.reordered}
            </th>
            <th scope="col" class="number">
              {words.duplicates}
            </th>
            <th scope="col">{words.route}</th>
            <th scope="col">SSRC</th>
          </tr>
        </thead>
        <tbody>
          {streams.map((stream, index) => (
            <StreamRow key={index} stream={stream} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function StreamRow({ stream }: { stream: Stream }) {
  const words = useTexts().streams;
  const format = useFormat();
  const count = (value: number, bad: boolean) => (
    <td class={value === 0 ? "number number-zero" : bad ? "number number-bad" : "number"}>
      {format.count(value)}
    </td>
  );
  return (
    <tr>
      <th scope="row">
        <span class={`voice voice-${stream.speaker}`}>{words.speaker[stream.speaker]}</span>
      </th>
      <td>{stream.codecs.map(({ codec }) => codec).join(", ")}</td>
      {count(stream.packets, false)}
      {count(stream.lost, true)}
      {count(stream.dropped, true)}
      {count(stream.reordered, false)}
      {count(stream.duplicates, false)}
      <td>
        <code class="route">
          {stream.src} → {stream.dst}
        </code>
      </td>
      <td>
        <code>{stream.ssrc.toString(16).padStart(8, "0")}</code>
      </td>
    </tr>
  );
}
