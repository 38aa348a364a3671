/**
 * Elastic SM multiplexing: LS holds what its next kernels need, BE has every other TPC, all of them while no LS runs.
 *
 * LS launches share the first TPCs: the LS hold is the most that any running LS request wants over a sliding window of its next
 * kernels. BE launches divide the rest, floors first, then evenly. BE is told to make room as soon as an LS request is admitted,
 * while its input is still being copied, which hides most of the wait for blocks in flight.
 *
 * Invariants: LS and BE never share a TPC; no tenant holds more than its smLimit, nor, once running, less than its smRequest
 * (but for the cap on memory-bound BE launches, beyond which SMs gain them nothing: see vram-class.ts).
 */
import type { PolicyContext, SmPolicy } from "../policy.ts";
import type { Launch, Request } from "../request.ts";
import type { SmBook } from "../sm-book.ts";
import type { Tenant } from "../tenant.ts";
import { type TpcSet, tpcRange } from "../tpc-set.ts";
import { LAUNCH_KERNELS, LsNeeds } from "./ls-needs.ts";
import { PendingLaunches } from "./sm-common.ts";

/** What a BE request may hold, and what it holds. */
interface Allotment {
  readonly request: Request;
  readonly floor: number;
  readonly ceiling: number;
  tpcs: number;
}

export class ElasticSms implements SmPolicy {
  readonly rejectsHopeless = true;
  private readonly context: PolicyContext;
  private readonly needs: LsNeeds;
  private readonly pending = new PendingLaunches();
  /** Requests admitted and not yet executed, in order of admission. */
  private readonly live: { readonly LS: Request[]; readonly BE: Request[] } = { LS: [], BE: [] };

  constructor(context: PolicyContext) {
    this.context = context;
    this.needs = new LsNeeds(context.tpcs);
  }

  /** LS decides anew every few kernels; BE where its bound changes, since memory-bound launches may be capped. */
  span(request: Request, firstKernel: number): number {
    const { kernels } = request.tenant.spec.network;
    if (request.tenant.spec.class === "LS") return Math.min(LAUNCH_KERNELS, kernels.length - firstKernel);
    const { bound } = kernels[firstKernel]!;
    let end = firstKernel + 1;
    while (end < kernels.length && kernels[end]!.bound === bound) end++;
    return end - firstKernel;
  }

  expect(request: Request): void {
    this.liveOf(request).push(request);
  }

  enqueue(launch: Launch): void {
    this.pending.add(launch);
  }

  forget(request: Request): void {
    this.pending.remove(request);
    const live = this.liveOf(request);
    live.splice(live.indexOf(request), 1);
  }

  schedule(book: SmBook, nowNs: number): void {
    const allotments = this.allotments();
    const lsTpcs = this.lsHold(book, allotments);
    const beTpcs = book.all.minus(tpcRange(0, lsTpcs));
    divide(allotments, beTpcs.size);
    for (const allotment of allotments) this.shrink(allotment, beTpcs, book, nowNs);
    this.startLs(book, allotments);
    for (const allotment of allotments) this.grow(allotment, beTpcs, book, nowNs);
  }

  private liveOf(request: Request): Request[] {
    return this.live[request.tenant.spec.class];
  }

  /** The TPCs from the first that belong to LS now. */
  private lsHold(book: SmBook, allotments: readonly Allotment[]): number {
    const room = this.lsRoom(allotments);
    let hold = 0;
    for (const request of this.live.LS) hold = Math.max(hold, Math.min(this.needs.ahead(request), room));
    return Math.max(hold, book.heldBy("LS").size);
  }

  /** What BE's floors leave to LS. */
  private lsRoom(allotments: readonly Allotment[]): number {
    return this.context.tpcs - allotments.reduce((sum, { floor }) => sum + floor, 0);
  }

  /** BE requests that execute. Should their floors ask for everything, one TPC is still LS's. */
  private allotments(): Allotment[] {
    let left = this.context.tpcs - 1;
    const allotments: Allotment[] = [];
    for (const request of this.live.BE) {
      if (request.tenant.executing !== request) continue;
      const allotment = this.allotment(request, left);
      left -= allotment.floor;
      allotments.push(allotment);
    }
    return allotments;
  }

  private allotment(request: Request, mostFloor: number): Allotment {
    const { tenant } = request;
    const kernel = tenant.spec.network.kernels[request.launch?.firstKernel ?? request.nextKernel];
    const cap = kernel?.bound === "memory" ? this.context.vram().memoryTpcCap(tenant) : this.context.tpcs;
    const ceiling = Math.min(tenant.ceilingTpcs(this.context.tpcs), cap);
    return {
      request,
      floor: Math.min(tenant.floorTpcs(this.context.tpcs), ceiling, mostFloor),
      ceiling,
      tpcs: 0,
    };
  }

  /** Takes from a running BE launch what is LS's now, and what is beyond its allotment. */
  private shrink({ request, tpcs }: Allotment, beTpcs: TpcSet, book: SmBook, nowNs: number): void {
    const { launch } = request;
    if (launch?.isOnGpu !== true) return;
    const keeping = launch.staying.intersect(beTpcs).highest(tpcs);
    const going = launch.staying.minus(keeping);
    if (going.isEmpty) return;
    book.evict(launch, going);
    const { log } = this.context;
    const needy = this.neediest();
    if (needy === null)
      log.add(nowNs, "scheduler", launch.tenant, sayShared, nameOf(request.tenant), keeping.size);
    else {
      const why = `${nameOf(needy.tenant)} needs ${this.needs.ahead(needy)}`;
      log.add(nowNs, "scheduler", launch.tenant, sayShrank, nameOf(request.tenant), keeping.size, why);
    }
  }

  private neediest(): Request | null {
    let needy: Request | null = null;
    for (const request of this.live.LS) {
      if (needy === null || this.needs.ahead(request) > this.needs.ahead(needy)) needy = request;
    }
    return needy;
  }

  /** Starts each LS launch whose TPCs no BE block is on any more. */
  private startLs(book: SmBook, allotments: readonly Allotment[]): void {
    const room = this.lsRoom(allotments);
    const beHeld = book.heldBy("BE");
    this.pending.takeWhere((launch) => {
      if (launch.request.tenant.spec.class !== "LS") return false;
      const wanted = tpcRange(0, Math.min(this.needs.now(launch), room));
      if (wanted.overlaps(beHeld)) return false;
      book.launch(launch, wanted);
      return true;
    });
  }

  /** Starts or extends a BE launch on what is free of its allotment. */
  private grow({ request, floor, tpcs }: Allotment, beTpcs: TpcSet, book: SmBook, nowNs: number): void {
    const { launch } = request;
    if (launch === null) return;
    const free = beTpcs.minus(book.heldBy("BE")).minus(book.heldBy("LS"));
    const gain = free.highest(tpcs - launch.staying.size);
    if (gain.isEmpty) return;
    if (!launch.isOnGpu) {
      if (gain.size < floor) return;
      this.pending.remove(request);
      book.launch(launch, gain);
    } else if (launch.leaving.isEmpty) {
      book.extend(launch, gain);
      this.context.log.add(
        nowNs,
        "scheduler",
        launch.tenant,
        sayGrew,
        nameOf(request.tenant),
        launch.held.size,
      );
    }
  }
}

/** TPCs that it takes to give everybody `level`, within floors and ceilings. */
function costOf(allotments: readonly Allotment[], level: number): number {
  let cost = 0;
  for (const { floor, ceiling } of allotments) cost += Math.max(floor, Math.min(ceiling, level));
  return cost;
}

/** Floors first, then evenly: the highest level that everybody can have, and what is left over to the first below it. */
function divide(allotments: readonly Allotment[], tpcs: number): void {
  let level = 0;
  for (let step = 64; step > 0; step >>= 1) if (costOf(allotments, level + step) <= tpcs) level += step;
  let left = tpcs;
  for (const allotment of allotments) {
    allotment.tpcs = Math.min(Math.max(allotment.floor, Math.min(allotment.ceiling, level)), left);
    left -= allotment.tpcs;
  }
  for (const allotment of allotments) {
    if (left === 0) return;
    if (allotment.tpcs !== level || allotment.tpcs === allotment.ceiling) continue;
    allotment.tpcs++;
    left--;
  }
}

const nameOf = (tenant: Tenant): string => tenant.spec.name;

type Word = string | number;
const sayShrank = (name: Word, tpcs: Word, why: Word): string =>
  Number(tpcs) === 0 ? `paused ${name}: ${why}` : `shrank ${name} to ${tpcs} TPCs: ${why}`;
const sayShared = (name: Word, tpcs: Word): string => `shrank ${name} to ${tpcs} TPCs: others share them`;
const sayGrew = (name: Word, tpcs: Word): string => `grew ${name} to ${tpcs} TPCs: they were free`;

export const elasticSms = (context: PolicyContext): SmPolicy => new ElasticSms(context);
