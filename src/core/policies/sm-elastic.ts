/**
 * Elastic SM multiplexing: LS holds what its next kernels need, BE has every other TPC, all of them while no LS runs.
 *
 * LS launches share the first TPCs: the LS hold is the most that any running LS request wants over a sliding window of its next
 * kernels. BE launches divide the rest: floors first, then evenly to what they need, then all to the last of them. BE is told to make
 * room as soon as an LS request is admitted, while its input is still being copied, which hides most of the wait for blocks in flight.
 *
 * Invariants: LS and BE never share a TPC; no tenant holds more than its smLimit, nor, once running, less than its smRequest
 * (but for the cap of channel-cap.ts, beyond which SMs gain a launch nothing).
 */
import type { PolicyContext, SmPolicy } from "../policy.ts";
import { remove } from "../remove.ts";
import type { Launch, Request } from "../request.ts";
import type { SmBook } from "../sm-book.ts";
import type { Tenant } from "../tenant.ts";
import { NO_TPCS, type TpcSet, tpcRange } from "../tpc-set.ts";
import { BeNeeds } from "./be-needs.ts";
import { type Capped, ChannelCap } from "./channel-cap.ts";
import { LAUNCH_KERNELS, LsNeeds } from "./ls-needs.ts";
import { PendingLaunches } from "./sm-common.ts";

/** What a BE request may hold: at least `floor`, at most `ceiling`, `need` before anybody gets more; by the plan `tpcs` of them: `range`. */
interface Allotment extends Capped {
  floor: number;
  need: number;
  tpcs: number;
  range: TpcSet;
}

class ElasticSms implements SmPolicy {
  readonly rejectsHopeless = true;
  private readonly context: PolicyContext;
  private readonly needs: LsNeeds;
  private readonly beNeeds: BeNeeds;
  private readonly cap: ChannelCap;
  private readonly pending = new PendingLaunches();
  /** Requests admitted and not yet executed: LS in order of admission, and what BE may hold by the plan, the modest first. */
  private readonly lsRequests: Request[] = [];
  private readonly allotments: Allotment[] = [];
  /** The TPCs that the plan leaves to BE. */
  private beTpcs: TpcSet = NO_TPCS;
  besideBe = false;
  /** Launches grow within the plan, so only a new one shrinks them. */
  private planIsNew = false;
  /** The LS request that needs most TPCs for its next kernels. */
  private neediest: Request | null = null;

  constructor(context: PolicyContext) {
    this.context = context;
    this.needs = new LsNeeds(context.tpcs);
    this.beNeeds = new BeNeeds(context.tpcs);
    this.cap = new ChannelCap(context);
  }

  /** LS decides anew every few kernels; BE where a cap begins or ends. */
  span(request: Request, firstKernel: number): number {
    const { class: tenantClass, network } = request.tenant.spec;
    if (tenantClass === "BE") return this.cap.span(request, firstKernel);
    return Math.min(LAUNCH_KERNELS, network.kernels.length - firstKernel);
  }

  expect(request: Request): void {
    if (request.tenant.spec.class === "LS") this.lsRequests.push(request);
    else {
      const { tenant } = request;
      const need = this.beNeeds.of(tenant);
      const after = this.allotments.findIndex(
        (other) => other.need > need || (other.need === need && other.request.tenant.id > tenant.id),
      );
      const at = after < 0 ? this.allotments.length : after;
      this.allotments.splice(at, 0, { request, floor: 0, ceiling: 0, need, tpcs: 0, range: NO_TPCS });
    }
  }

  enqueue(launch: Launch): void {
    if (launch.request.tenant.spec.class === "BE") this.cap.measure(launch);
    else this.needs.measure(launch);
    this.pending.add(launch);
  }

  forget(request: Request): void {
    this.pending.remove(request);
    if (request.tenant.spec.class === "LS") remove(this.lsRequests, request);
    else remove(this.allotments, this.allotments.find((allotment) => allotment.request === request)!);
  }

  plan(book: SmBook): void {
    this.allot();
    this.beTpcs = tpcRange(this.lsHold(book), this.context.tpcs);
    divide(this.allotments, this.beTpcs.size);
    this.pack();
    this.besideBe = !book.classes.BE.held.isEmpty || this.allotments.some(({ tpcs }) => tpcs > 0);
    this.planIsNew = true;
  }

  schedule(book: SmBook): void {
    if (this.lsRequests.length > 0) this.startLs(book);
  }

  /** An input is on its way before BE is told to make room for its request: both take about as long, and the driver longer for the latter. */
  fill(book: SmBook, nowNs: number): void {
    if (this.planIsNew) for (const allotment of this.allotments) this.shrink(allotment, book, nowNs);
    this.planIsNew = false;
    for (const allotment of this.allotments) this.grow(allotment, book, nowNs);
  }

  /** The TPCs from the first that belong to LS now. */
  private lsHold(book: SmBook): number {
    const room = this.lsRoom();
    let most = 0;
    this.neediest = null;
    for (const request of this.lsRequests) {
      const needed = this.needs.ahead(request);
      if (needed > most) this.neediest = request;
      most = Math.max(most, needed);
    }
    return Math.max(Math.min(most, room), book.classes.LS.held.size);
  }

  /** What BE's floors leave to LS. */
  private lsRoom(): number {
    let room = this.context.tpcs;
    for (const { floor } of this.allotments) room -= floor;
    return room;
  }

  /** Floors and ceilings: who has no launch keeps no TPCs from others, but for the modest (be-needs.ts). Should BE's floors ask for everything, one TPC is still LS's. */
  private allot(): void {
    const { tpcs } = this.context;
    for (const allotment of this.allotments) {
      const { launch, tenant } = allotment.request;
      const ceiling = tenant.ceilingTpcs(tpcs);
      allotment.need = this.beNeeds.of(tenant);
      const isNext = tenant.executing === null || tenant.executing === allotment.request;
      const isReserved = isNext && this.allotments.length > 1 && this.beNeeds.areModest(allotment.need);
      allotment.ceiling = isReserved ? allotment.need : launch === null ? 0 : ceiling;
    }
    this.cap.apply(this.allotments);
    let left = tpcs - 1;
    for (const allotment of this.allotments) {
      allotment.floor = Math.min(allotment.request.tenant.floorTpcs(tpcs), allotment.ceiling, left);
      left -= allotment.floor;
    }
  }

  /**
   * Ranges from the last TPC down. A real GPU needs a partition for every set of TPCs that it runs on and takes two milliseconds to
   * make one: so there are few sets, and they return (grid.ts).
   */
  private pack(): void {
    let end = this.context.tpcs;
    for (const allotment of this.allotments) {
      allotment.range = tpcRange(end - allotment.tpcs, end);
      end -= allotment.tpcs;
    }
  }

  /** Takes from a running BE launch what is LS's now, and what is not its own by the plan. */
  private shrink(allotment: Allotment, book: SmBook, nowNs: number): void {
    const { request, range } = allotment;
    const { launch } = request;
    if (launch?.isOnGpu !== true || launch.held.isWithin(range)) return;
    const going = launch.staying.minus(range);
    if (going.isEmpty) return;
    const keeping = launch.staying.size - going.size;
    book.evict(launch, going);
    this.explainShrunk(allotment, going, keeping, nowNs);
  }

  /** LS needs some of what it leaves; or its channels carry no more; or other BE tenants share them. */
  private explainShrunk(
    { request, ceiling }: Allotment,
    going: TpcSet,
    keeping: number,
    nowNs: number,
  ): void {
    const { gpu, tpcs, vram, log } = this.context;
    const { id, spec } = request.tenant;
    const needy = this.neediest;
    if (keeping === ceiling && ceiling < request.tenant.ceilingTpcs(tpcs)) {
      const channels = Math.round(vram().beShare() * gpu.channels);
      log.add(nowNs, "scheduler", id, sayCapped, spec.name, keeping, channels, gpu.channels);
    } else if (needy !== null && !going.isWithin(this.beTpcs)) {
      const needed = this.needs.ahead(needy);
      log.add(nowNs, "scheduler", id, sayMadeRoom, spec.name, keeping, needy.tenant.spec.name, needed);
    } else log.add(nowNs, "scheduler", id, sayShared, spec.name, keeping);
  }

  /** Starts each LS launch whose TPCs no BE block is on any more. */
  private startLs(book: SmBook): void {
    const room = this.lsRoom();
    const beHeld = book.classes.BE.held;
    this.pending.takeWhere((launch) => {
      if (launch.request.tenant.spec.class !== "LS") return false;
      const wanted = tpcRange(0, Math.min(this.needs.now(launch), room));
      if (wanted.overlaps(beHeld)) {
        book.await(launch, wanted, "BE");
        return false;
      }
      // Nothing takes these TPCs from it: a real GPU may run it without looking.
      launch.priority = 1;
      book.launch(launch, wanted);
      return true;
    });
  }

  /** An LS launch that started while no BE was beside it still runs in the tenant's channels. */
  private wideLs({ channels }: Tenant, book: SmBook): Launch | undefined {
    if (this.context.vram().beShare() === 1) return undefined;
    for (const launch of book.running) {
      if (launch.request.tenant.spec.class === "LS" && launch.startedIn.overlaps(channels)) return launch;
    }
    return undefined;
  }

  /** Starts a BE launch once all of its range is free: in pieces it would need as many partitions. */
  private startBe({ request, floor, tpcs, range }: Allotment, launch: Launch, book: SmBook): void {
    if (tpcs === 0 && this.neediest !== null) book.defer(launch, this.neediest.tenant.id, "SMs");
    if (tpcs === 0 || tpcs < floor) return;
    if (range.overlaps(book.classes.BE.held) || range.overlaps(book.classes.LS.held)) {
      book.await(launch, range);
      return;
    }
    const wide = this.wideLs(request.tenant, book);
    if (wide !== undefined) {
      book.defer(launch, wide.tenant, "VRAM");
      return;
    }
    this.pending.remove(request);
    book.launch(launch, range);
  }

  /** Starts a BE launch, or extends it, once all of its range is free. */
  private grow(allotment: Allotment, book: SmBook, nowNs: number): void {
    const { request, tpcs, range } = allotment;
    const { launch } = request;
    if (launch === null || !launch.leaving.isEmpty) return;
    if (!launch.isOnGpu) {
      this.startBe(allotment, launch, book);
      return;
    }
    // Most have what they should, in the very set that was planned.
    if (launch.held === range || launch.held.size >= tpcs) return;
    const gain = range.minus(launch.held);
    if (gain.overlaps(book.classes.BE.held) || gain.overlaps(book.classes.LS.held)) return;
    book.extend(launch, gain);
    const { id, spec } = request.tenant;
    this.context.log.add(nowNs, "scheduler", id, sayGrew, spec.name, launch.held.size);
  }
}

/** What one is to have at `level`, within floor, need and ceiling. */
const partOf = ({ floor, need, ceiling }: Allotment, level: number): number =>
  Math.max(floor, Math.min(ceiling, need, level));

/** TPCs that it takes to give everybody `level`. */
function costOf(allotments: readonly Allotment[], level: number): number {
  let cost = 0;
  for (const allotment of allotments) cost += partOf(allotment, level);
  return cost;
}

/**
 * Floors first, then evenly to what everybody needs: the highest level that all can have, and what is left over to the first below it. Beyond
 * their needs, to the last, whose range grows without moving anybody's.
 */
function divide(allotments: readonly Allotment[], tpcs: number): void {
  let level = 0;
  for (let step = 64; step > 0; step >>= 1) if (costOf(allotments, level + step) <= tpcs) level += step;
  let left = tpcs;
  for (const allotment of allotments) {
    allotment.tpcs = Math.min(partOf(allotment, level), left);
    left -= allotment.tpcs;
  }
  for (const allotment of allotments) {
    const more = partOf(allotment, level + 1) - allotment.tpcs;
    if (more > left) continue;
    allotment.tpcs += more;
    left -= more;
  }
  const last = allotments.findLast(({ request }) => request.launch !== null);
  if (last !== undefined) last.tpcs += Math.min(left, last.ceiling - last.tpcs);
}

type Word = string | number;
const shrank = (name: Word, tpcs: Word): string =>
  Number(tpcs) === 0 ? `paused ${name}` : `shrank ${name} to ${tpcs} TPCs`;
// One sentence a reason: the log counts them apart.
const sayMadeRoom = (name: Word, tpcs: Word, needy: Word, needed: Word): string =>
  `${shrank(name, tpcs)}: ${needy} needs ${needed}`;
const sayCapped = (name: Word, tpcs: Word, channels: Word, all: Word): string =>
  `${shrank(name, tpcs)}: BE's ${channels} of ${all} channels carry no more`;
const sayShared = (name: Word, tpcs: Word): string => `${shrank(name, tpcs)}: others share them`;
const sayGrew = (name: Word, tpcs: Word): string => `grew ${name} to ${tpcs} TPCs: they were free`;

export const elasticSms = (context: PolicyContext): SmPolicy => new ElasticSms(context);
