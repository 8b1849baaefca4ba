import type { MODEL_FAMILIES } from '../../base/index.js';
import { COCO_LABELS } from '../onnx/coco-labels.js';

/** A model that can be fetched by name: what it is, and what exactly its file must be. */
export type CatalogueEntry = {
  /** What `catalogue:NAME` says. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly family: (typeof MODEL_FAMILIES)[number];
  /** SPDX identifier of the model's licence. */
  readonly licence: string;
  /** https; of a release or a pinned commit. */
  readonly url: string;
  readonly bytes: number;
  /** 64 hex digits, lower case. */
  readonly sha256: string;
  /** Pixels of the model's input. */
  readonly inputSize: { readonly width: number; readonly height: number };
  /** `coco80`: the 80 classes of COCO; `person`: that one class. */
  readonly labels: 'coco80' | 'person';
};

const YOLOX_RELEASE = 'https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0';
const MOT_COMMIT = 'https://github.com/Kazuhito00/MOT-Tracking-by-Detection-Pipeline/raw/e50a76b8b430b778276e7fd04fd4cafd5d45eab2';

/**
 * Only files whose size and SHA-256 are known for sure, from the file itself or from several places that agree.
 * Small to large: the first ones run on a single-board computer, the last want a GPU.
 */
const ENTRIES: readonly CatalogueEntry[] = [
  {
    name: 'light-person',
    title: 'Light person detector 192 (persons only, fastest)',
    family: 'yolox',
    licence: 'Apache-2.0',
    url: `${MOT_COMMIT}/Detector/light_person_detector/model/model.onnx`,
    bytes: 3_616_703,
    sha256: '4bf5f704cd3bd900645a4303e0934ede13d9fb2135058b38005f4c2886c68576',
    inputSize: { width: 192, height: 192 },
    labels: 'person',
  },
  nanodet(320, 3_802_801, '88e9fb97a54bb0030127ad323a10f88b4531b6aa82617e7ef79e35ffcc9bb3e1'),
  nanodet(416, 3_802_805, '08b62b9ee4a7878e7a64d6ef4faf3074322c033a0252c83a20f41b86c76e8146'),
  yolox('nano', { side: 416, bytes: 3_659_407, sha256: 'c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d' }),
  yolox('tiny', { side: 416, bytes: 20_219_662, sha256: '427cc366d34e27ff7a03e2899b5e3671425c262ea2291f88bb942bc1cc70b0f7' }),
  yolox('s', { side: 640, bytes: 35_858_002, sha256: 'c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063' }),
  dfine('s', {
    commit: 'a3cf03147a9b86c78475139115c8ac142577352d',
    bytes: 41_535_197,
    sha256: 'cd8a49a945feda6d28c6304ae8ae85c2759ba1d78a5a83a22c5ce8db82ef7238',
  }),
  yolox('m', { side: 640, bytes: 101_259_744, sha256: '21ff6cfdeb53b013bac2249599e55f00bff3cfdfdab37ed7a4620818c1d15b3f' }),
  yolox('l', { side: 640, bytes: 216_746_733, sha256: '7860ae79de6c89a3c1eb72ae9a2756c0ccfbe04b7791bb5880afabd97855a411' }),
  yolox('x', { side: 640, bytes: 396_142_663, sha256: 'c892d7aaf1c4746d8a4d675bec669a4db4f434b4ee1efb654bc9b353379c7c55' }),
];

/** The models on offer, small ones first; all of them detectors under permissive licences. */
export function listCatalogue(): readonly CatalogueEntry[] {
  return ENTRIES;
}

/** The model of that name, undefined where there is none. */
export function findInCatalogue(name: string): CatalogueEntry | undefined {
  return ENTRIES.find((entry) => entry.name === name);
}

/** Names of the classes that the entry's model finds, in its order. */
export function labelsOfEntry({ labels }: CatalogueEntry): readonly string[] {
  return labels === 'coco80' ? COCO_LABELS : ['person'];
}

function yolox(size: string, file: { readonly side: number; readonly bytes: number; readonly sha256: string }): CatalogueEntry {
  const { side, bytes, sha256 } = file;
  return {
    name: `yolox-${size}`,
    title: `YOLOX-${size.length === 1 ? size.toUpperCase() : size} ${side} (COCO, 80 classes)`,
    family: 'yolox',
    licence: 'Apache-2.0',
    url: `${YOLOX_RELEASE}/yolox_${size}.onnx`,
    bytes,
    sha256,
    inputSize: { width: side, height: side },
    labels: 'coco80',
  };
}

function dfine(size: string, file: { readonly commit: string; readonly bytes: number; readonly sha256: string }): CatalogueEntry {
  const { commit, bytes, sha256 } = file;
  return {
    name: `dfine-${size}`,
    title: `D-FINE-${size.toUpperCase()} 640 (COCO, 80 classes)`,
    family: 'detr',
    licence: 'Apache-2.0',
    url: `https://huggingface.co/onnx-community/dfine_${size}_coco-ONNX/resolve/${commit}/onnx/model.onnx`,
    bytes,
    sha256,
    inputSize: { width: 640, height: 640 },
    labels: 'coco80',
  };
}

function nanodet(side: number, bytes: number, sha256: string): CatalogueEntry {
  return {
    name: `nanodet-m-${side}`,
    title: `NanoDet-m ${side} (COCO, 80 classes)`,
    family: 'nanodet',
    licence: 'Apache-2.0',
    url: `${MOT_COMMIT}/Detector/nanodet/model/nanodet_m_${side}.onnx`,
    bytes,
    sha256,
    inputSize: { width: side, height: side },
    labels: 'coco80',
  };
}
