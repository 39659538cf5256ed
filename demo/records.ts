/**
 * Records as a laser facility writes them: genuine HDF5 files, one a shot, with the shot's number and time, what the
 * diagnostics measured, and camera images. Their pixels are one random block that is used again; each file is its own
 * all the same, by number, time and the first pixels of each image.
 */
import { randomFillSync } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Dataset, File, Group } from 'h5wasm/node';

/** A little more than one with images has. */
const largeBytes = 201_500_000;
/** A little more than a small one has. */
const smallBytes = 45_000;

const side = 2048;
const images = 24;
const samples = 4096;
const traces = ['laser_energy', 'pump_diode', 'wavefront_rms', 'chamber_pressure'];
const firstShot = 428_301;

export interface Wanted {
  /** Of 200 MB. */
  large: number;
  /** Of 40 kB. */
  small: number;
}

/** What they will have, in bytes; never less. */
export function expectedBytes({ large, small }: Wanted): number {
  return large * largeBytes + small * smallBytes;
}

export interface MadeRecords {
  files: number;
  bytes: number;
}

/** Writes records below `cache`. `tell` is called after each. */
export async function makeRecords(
  cache: string,
  { large, small }: Wanted,
  tell: (made: MadeRecords) => void,
  signal: AbortSignal,
): Promise<MadeRecords> {
  // Only the demonstration needs it, and it is no dependency of the package.
  const h5 = await import('h5wasm/node');
  await h5.ready;
  const pixels = randomFillSync(new Uint16Array(side * side)).map((value) => value & 0x0fff);
  const made: MadeRecords = { files: 0, bytes: 0 };
  for (let index = 0; index < large + small; index++) {
    signal.throwIfAborted();
    const shot = firstShot + index;
    const time = new Date(Date.UTC(2026, 2, 14, 9, 0, index * 10));
    const directory = path.join(cache, time.toISOString().slice(0, 10), index < large ? 'imaging' : 'shots');
    await mkdir(directory, { recursive: true });
    const name = path.join(directory, `${shot}.h5`);
    const file = new h5.File(name, 'w');
    try {
      describe(file, shot, time);
      measure(file, pixels, index);
      if (index < large) await photograph(file, pixels, shot, signal);
    } finally {
      file.close();
    }
    made.files++;
    made.bytes += (await stat(name)).size;
    tell({ ...made });
    await setImmediate();
  }
  return made;
}

function describe(file: File, shot: number, time: Date): void {
  file.create_attribute('shot_number', shot);
  file.create_attribute('timestamp', time.toISOString());
  file.create_attribute('facility', 'a laser facility');
  file.create_attribute('target_area', 'TA1');
}

function measure(file: File, pixels: Uint16Array, index: number): void {
  const group = file.create_group('traces');
  traces.forEach((name, trace) => {
    const start = (index * 977 + trace * samples) % (pixels.length - samples);
    const data = Uint16Array.from(pixels.subarray(start, start + samples));
    const dataset = group.create_dataset({ name, data });
    dataset.create_attribute('sample_interval_ns', 0.5);
  });
}

async function photograph(file: File, pixels: Uint16Array, shot: number, signal: AbortSignal): Promise<void> {
  const camera = file.create_group('diagnostics').create_group('far_field_camera');
  camera.create_attribute('exposure_us', 120);
  const dataset = firstImage(camera, pixels);
  dataset.resize([images, side, side]);
  for (let image = 0; image < images; image++) {
    signal.throwIfAborted();
    pixels.set([shot & 0xffff, shot >>> 16, image]);
    dataset.write_slice([[image, image + 1], [], []], pixels);
    // A bar, and a Ctrl-C, want their turn.
    await setImmediate();
  }
}

function firstImage(camera: Group, pixels: Uint16Array): Dataset {
  return camera.create_dataset({
    name: 'images',
    data: pixels,
    shape: [1, side, side],
    maxshape: [null, side, side],
    chunks: [1, side, side],
  });
}

/** Reads a record as a scientist would. */
export async function readRecord(file: string): Promise<{ shot: number; timestamp: string; images: number }> {
  const h5 = await import('h5wasm/node');
  await h5.ready;
  const record = new h5.File(file, 'r');
  try {
    const found = record.get('diagnostics/far_field_camera/images');
    return {
      shot: Number(record.attrs['shot_number']?.value),
      timestamp: JSON.stringify(record.attrs['timestamp']?.value),
      images: found instanceof h5.Dataset ? (found.shape?.[0] ?? 0) : 0,
    };
  } finally {
    record.close();
  }
}
