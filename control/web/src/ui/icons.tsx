const paths = {
  play: "M5 3.2v9.6L13 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  close: "M4 4l8 8M12 4l-8 8",
  back: "M9.5 3.5L5 8l4.5 4.5",
  download: "M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.5h10",
  record: "M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  stop: "M4.5 4.5h7v7h-7z",
  rewind: "M7.5 4L3.5 8l4 4M12.5 4l-4 4 4 4",
  forward: "M8.5 4l4 4-4 4M3.5 4l4 4-4 4",
  warning: "M8 2.5l6 11H2zM8 6.5v3.2M8 11.4v.2",
} as const;

const filled = new Set<string>(["play", "pause", "record", "stop"]);

export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg
      class={filled.has(name) ? "icon icon-filled" : "icon"}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
