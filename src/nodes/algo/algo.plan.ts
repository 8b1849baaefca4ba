import path from 'node:path';

import { moduleRevision, StreamInferError } from '../../runtime/index.js';
import { insideFolder } from '../shared/folders.js';
import type { AlgoPart, EngineSettings, Raw } from '../shared/parts.js';
import { flagOf, jsonOf, listOf, numberOf, textOf } from '../shared/values.js';
import type { AlgoConfig, AlgoCredentials } from './algo.config.js';

/** What a stream-algo's saved config and credentials give to a plan. */
export function algoPart(config: AlgoConfig, credentials: AlgoCredentials = {}): AlgoPart {
  return {
    kind: 'algo',
    defaultName: defaultName(config),
    crops: cropsOf(config),
    algo: (engine) => ({
      kind: config.kind,
      frameCount: numberOf(config.frameCount),
      frameStep: numberOf(config.frameStep),
      interval: numberOf(config.interval),
      late: textOf(config.late),
      lateLimit: numberOf(config.lateLimit),
      regions: jsonOf('regions', config.regions, 'JSON, a list of polygons [[[x, y], …], …]'),
      regionMode: textOf(config.regionMode),
      zones: jsonOf('zones', config.zones, 'JSON, a list of zones [{ "name": …, "polygon": [[x, y], …] }, …]'),
      lines: jsonOf('lines', config.lines, 'JSON, a list of lines [{ "name": …, "from": [x, y], "to": [x, y] }, …]'),
      motionGate: motionGate(config),
      track: flagOf(config.track),
      timeout: numberOf(config.timeout),
      enabled: flagOf(config.enabled),
      ...ofKind(config, credentials, engine),
    }),
  };
}

function defaultName({ kind, model, module, remoteModel, pythonModule }: AlgoConfig): string {
  const files: Partial<Record<AlgoConfig['kind'], string>> = { onnx: model.replace(/^catalogue:/, ''), module, remote: remoteModel, python: pythonModule };
  const file = files[kind] ?? '';
  return path.parse(file.trim().replace(/\\/g, '/')).name || kind;
}

/** Motion is seen between whole frames. */
function cropsOf({ kind, runOn, ...config }: AlgoConfig): Raw | undefined {
  switch (runOn) {
    case 'crops':
      return kind === 'motion' ? undefined : {
        labels: listOf(config.cropLabels),
        minSize: numberOf(config.cropMinSize),
        padding: numberOf(config.cropPadding),
        most: numberOf(config.cropMost),
        rerun: textOf(config.cropRerun),
      };
    case 'frame':
      return undefined;
    default:
      throw new StreamInferError('OPTION_INVALID', `runOn: expected crops or frame, got ${JSON.stringify(runOn)}`);
  }
}

function ofKind(config: AlgoConfig, credentials: AlgoCredentials, engine: EngineSettings): Raw {
  switch (config.kind) {
    case 'onnx':
      return { model: modelPath(config.model, engine), options: onnxOptions(config, engine) };
    case 'module':
      return modulePart(config, engine);
    case 'code':
      return { setup: config.codeSetup, code: config.code, close: config.codeClose, baseFolder: engine.moduleFolder };
    case 'flow':
      return { options: { format: textOf(config.flowFormat), quality: numberOf(config.flowQuality), limit: numberOf(config.flowLimit) } };
    case 'remote':
      return remotePart(config, credentials, engine);
    case 'python':
      return pythonPart(config, engine);
    case 'motion':
      return {
        options: {
          threshold: numberOf(config.motionThreshold),
          minArea: numberOf(config.motionMinArea),
          learningRate: numberOf(config.motionLearningRate),
        },
      };
    default:
      // `local` is for library users, who hold the engine in their own process.
      throw new StreamInferError('OPTION_INVALID', `kind: expected onnx, module, code, flow, remote, python or motion, got ${JSON.stringify(config.kind)}`);
  }
}

function modulePart({ module: saved, export: name, kwargs }: AlgoConfig, { moduleFolder }: EngineSettings): Raw {
  const module = modulePath(saved, moduleFolder);
  const revision = typeof module === 'string' ? moduleRevision(module, moduleFolder) : undefined;
  return { module, baseFolder: moduleFolder, export: textOf(name), kwargs: jsonOf('kwargs', kwargs), revision };
}

function remotePart(config: AlgoConfig, { remoteToken }: AlgoCredentials, engine: EngineSettings): Raw {
  const isModel = config.remoteProtocol !== 'json';
  return {
    url: textOf(config.remoteUrl),
    protocol: textOf(config.remoteProtocol),
    token: remoteToken === '' ? undefined : remoteToken,
    tokenHeader: textOf(config.remoteTokenHeader),
    headers: jsonOf('headers', config.remoteHeaders),
    retries: numberOf(config.remoteRetries),
    concurrency: numberOf(config.remoteConcurrency),
    maxAnswerMb: numberOf(config.remoteMaxAnswerMb),
    ...(isModel && { model: textOf(config.remoteModel), version: textOf(config.remoteVersion), options: modelOptions(config, engine) }),
    ...(!isModel && { body: textOf(config.remoteBody), resultPath: textOf(config.remoteResultPath) }),
  };
}

function pythonPart({ pythonModule, pythonClass, pythonKwargs, pythonProgram }: AlgoConfig, { moduleFolder }: EngineSettings): Raw {
  const module = textOf(pythonModule);
  const isFile = typeof module === 'string' && !/^[a-z_]\w*(\.[a-z_]\w*)*$/i.test(module.replace(/\.py$/, '/'));
  return {
    module: isFile ? insideFolder(module, { folder: moduleFolder, field: 'module', called: 'module folder' }) : module,
    baseFolder: moduleFolder,
    class: textOf(pythonClass),
    kwargs: jsonOf('kwargs', pythonKwargs),
    python: textOf(pythonProgram),
  };
}

function onnxOptions(config: AlgoConfig, engine: EngineSettings): Raw {
  const { executionProviders, providerOptions, mirror } = engine;
  return {
    ...modelOptions(config, engine),
    recognition: modelPath(config.recognition, engine, 'recognition'),
    characters: modelPath(config.characters, engine, 'characters'),
    executionProviders: [...executionProviders],
    ...(providerOptions === undefined ? {} : { providerOptions }),
    batch: numberOf(config.batch),
    ...(mirror === undefined ? {} : { mirror }),
  };
}

/** What a model's outputs mean, wherever it is computed. */
function modelOptions(config: AlgoConfig, engine: EngineSettings): Raw {
  return {
    scoreThreshold: numberOf(config.scoreThreshold),
    iouThreshold: numberOf(config.iouThreshold),
    nms: textOf(config.nms),
    maxDetections: numberOf(config.maxDetections),
    labels: listOf(config.labels),
    classNames: classNamesOf(config.classNames, engine),
    family: textOf(config.family),
    input: {
      width: numberOf(config.inputWidth),
      height: numberOf(config.inputHeight),
      fit: textOf(config.inputFit),
      layout: textOf(config.inputLayout),
      channels: textOf(config.inputChannels),
      range: textOf(config.inputRange),
      mean: numbersOf(config.inputMean),
      std: numbersOf(config.inputStd),
    },
    slices: slices(config),
  };
}

/** A frame in one tile is not cut. */
function slices({ sliceColumns, sliceRows, sliceOverlap, sliceWhole }: AlgoConfig): Raw | undefined {
  const [columns, rows] = [numberOf(sliceColumns), numberOf(sliceRows)];
  if (columns === 1 && rows === 1) return undefined;
  return { columns, rows, overlap: numberOf(sliceOverlap), whole: flagOf(sliceWhole) };
}

/** Numbers with commas between, `undefined` for none. */
function numbersOf(saved: string): unknown {
  const parts = listOf(saved);
  if (!Array.isArray(parts)) return parts;
  return parts.length === 0 ? undefined : parts.map(numberOf);
}

/** Several names with commas between them, or the path of one file. */
function classNamesOf(saved: string, engine: EngineSettings): unknown {
  const text = textOf(saved);
  if (typeof text !== 'string') return text;
  if (text.includes(',')) return listOf(text);
  return modelPath(text, engine, 'classNames');
}

/** A relative path stays in the engine's folder for models; where one was set up, every path does. */
function modelPath(saved: string, { modelFolder, modelsOnlyFromFolder }: EngineSettings, field = 'model'): unknown {
  const model = textOf(saved);
  if (typeof model !== 'string' || /^(catalogue|npm):/.test(model)) return model;
  if (path.isAbsolute(model) && !modelsOnlyFromFolder) return model;
  return insideFolder(model, { folder: modelFolder, field, called: 'model folder' });
}

/** Name of an installed package, or of a file in one. */
const PACKAGE = /^(@[\w.~-]+\/)?[\w~-][\w.~-]*(\/[\w~-][\w.~-]*)*$/;
/** What Node.js adds to a path. */
const ENDINGS = ['', '.js', '.json', '.node'];

/** Code runs only from the folder that was set up for it, or from an installed package. A path wins over a package of the same name. */
function modulePath(saved: string, folder: string): unknown {
  const module = textOf(saved);
  if (typeof module !== 'string') return module;
  const fence = { folder, field: 'module', called: 'module folder' };
  if (!PACKAGE.test(module) || /\.[cm]?[jt]s$/.test(module)) return insideFolder(module, fence);
  for (const ending of ENDINGS) insideFolder(module + ending, fence);
  return module;
}

function motionGate({ motionGate: isOn, gateThreshold, gateMinArea, gateFloor }: AlgoConfig): unknown {
  const flag = flagOf(isOn);
  if (flag !== true) return flag === false ? undefined : flag;
  return { threshold: numberOf(gateThreshold), minArea: numberOf(gateMinArea), floor: numberOf(gateFloor) };
}
