/*
 * What is taken from outside at most: media, models, files of names, results of users' code. Whatever is more is refused with an error that
 * names it. docs/reliability.md lists them; a test holds the two together.
 */

/** Longest side of a frame, in pixels; of the producer's size and of a source's. */
export const MAX_FRAME_SIDE = 16_384;
/** Pixels of a frame: as many as FFmpeg takes. */
export const MAX_FRAME_PIXELS = 2 ** 28;
/** Streams in a container: pictures, sound, subtitles. A multiplex of a whole satellite transponder has some hundred. */
export const MAX_STREAMS_IN_FILE = 256;

/** Bytes of an `.onnx` file: protobuf has no more. Weights beyond that lie in files of their own. */
export const MAX_MODEL_BYTES = 2 ** 31;
/** Inputs of a model, weights aside, and outputs. */
export const MAX_MODEL_PORTS = 256;
/** Nodes of a model's graph; those of large language models have some ten thousand. */
export const MAX_MODEL_NODES = 100_000;
/** Pieces that a model's file has beside its graph: properties, sets of operators, functions. */
export const MAX_MODEL_FIELDS = 100_000;
/** Sides of a model's input or output. */
export const MAX_TENSOR_RANK = 16;
/** Bytes of a model's picture input. */
export const MAX_INPUT_BYTES = 512 * 2 ** 20;
/** Numbers of one output of a model: 512 MB as floats. */
export const MAX_OUTPUT_NUMBERS = 128 * 2 ** 20;
/** Numbers of all outputs together where they are given as they are (family `raw`): as text some ten megabytes. */
export const MAX_RAW_NUMBERS = 2 ** 20;

/** Bytes of one property of a model's metadata; a longer one is left aside. */
export const MAX_METADATA_FIELD_BYTES = 4 * 2 ** 20;
/** Bytes of all metadata of a model; what comes after is left aside. */
export const MAX_METADATA_BYTES = 16 * 2 ** 20;
/** Bytes of a file of class names or characters. */
export const MAX_NAMES_FILE_BYTES = 8 * 2 ** 20;
/** Classes of a model, and names of them. */
export const MAX_LABELS = 100_000;
/** Characters of a class name; the rest is cut off. */
export const MAX_LABEL_LENGTH = 256;

/** Things found on a frame that are told (`maxDetections`). */
export const MAX_BOXES = 10_000;
/** Things found on a frame before those that overlap are thinned: no grid of a model for 4096 × 4096 pixels has so many cells. */
export const MAX_CANDIDATES = 500_000;

/** Bytes of what a module, code, a flow, a server or a Python algo gives in a run: texts and binary data. */
export const MAX_RESULT_BYTES = 64 * 2 ** 20;
/** Bytes of the JSON of what a Python algo gives in a run. */
export const MAX_RESULT_JSON_BYTES = 32 * 2 ** 20;
/** Values (numbers, texts, lists, fields …) of what it gives. */
export const MAX_RESULT_VALUES = 2 ** 20;
/** How deep lists and objects in it may lie within each other. */
export const MAX_RESULT_DEPTH = 64;
