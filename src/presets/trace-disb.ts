/**
 * DISB's workload files (github.com/SJTU-IPADS/disb, benchmarks/workloads): one JSON object with the tasks of a
 * benchmark and its length in seconds, after which the arrivals repeat here.
 *
 * As in DISB's own src/load.cpp, a trace is sorted before use and arrivals at or after `time` never happen.
 */
import { z } from "zod";
import type { LoadSpec } from "../core/spec.ts";
import { readTextFile } from "./text-file.ts";
import { traceLoad } from "./trace-load.ts";
import { readYamlFile } from "./yaml-file.ts";

const frequency = z.number().positive();

const loadSchema = z.discriminatedUnion(
  "type",
  [
    z.object({ type: z.literal("trace"), trace: z.array(z.number().min(0)).min(1) }),
    z.object({ type: z.literal("continuous") }),
    z.object({ type: z.literal("periodic"), frequency }),
    z.object({ type: z.literal("poisson"), frequency }),
  ],
  { error: 'the load\'s "type" must be "trace", "continuous", "periodic" or "poisson"' },
);

/** DISB's own keys that mean nothing here (server addresses, priorities) are let through. */
const fileSchema = z
  .object({
    time: z.number().positive(),
    tasks: z
      .array(
        z.object({
          id: z.string().min(1),
          client: z
            .object({ model_name: z.string().optional(), batch_size: z.number().int().positive().optional() })
            .optional(),
          load: loadSchema,
        }),
      )
      .min(1),
  })
  .superRefine((file, context) => {
    file.tasks.forEach(({ id, load }, index) => {
      const complain = (message: string, ...path: (string | number)[]): void => {
        context.addIssue({ code: "custom", path: ["tasks", index, ...path], message });
      };
      if (file.tasks.findIndex((task) => task.id === id) !== index) {
        complain(`a second task of the name "${id}"; rename one`, "id");
      }
      if (load.type === "trace" && !load.trace.some((offsetMs) => offsetMs < file.time * 1000)) {
        complain(`no arrival within the file's time of ${file.time} s; raise "time"`, "load", "trace");
      }
    });
  });

type DisbLoad = z.infer<typeof loadSchema>;

export interface DisbTask {
  readonly id: string;
  /** The network's name at the server that DISB drove, where the file tells. */
  readonly modelName: string | undefined;
  readonly batch: number;
  readonly load: LoadSpec;
}

function loadOf(load: DisbLoad, periodMs: number): LoadSpec {
  switch (load.type) {
    case "trace":
      return traceLoad(
        load.trace.filter((offsetMs) => offsetMs < periodMs),
        periodMs,
      );
    case "continuous":
      return { kind: "closed", inFlight: 1, thinkNs: 0 };
    case "periodic":
      return { kind: "uniform", ratePerS: load.frequency };
    case "poisson":
      return { kind: "poisson", ratePerS: load.frequency };
  }
}

/** JSON.parse is a hundred times faster than a YAML parser, which alone can say where a mistake is: JSON is YAML too. */
function parseFile(path: string): z.infer<typeof fileSchema> {
  const text = readTextFile(path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return readYamlFile(path, fileSchema);
  }
  const result = fileSchema.safeParse(json);
  return result.success ? result.data : readYamlFile(path, fileSchema);
}

/** Throws MissileError ("fileNotReadable", "yamlSyntax", "yamlSchema") with line and column. */
export function readDisbFile(path: string): readonly DisbTask[] {
  const file = parseFile(path);
  return file.tasks.map((task) => ({
    id: task.id,
    modelName: task.client?.model_name,
    batch: task.client?.batch_size ?? 1,
    load: loadOf(task.load, file.time * 1000),
  }));
}
