/** Reads what is typed and pointed at, until told to stop. */
import { Decoder, type TerminalEvent } from "./decoder.ts";

export function listen(input: NodeJS.ReadStream, onEvent: (event: TerminalEvent) => void): () => void {
  const decoder = new Decoder();
  let timer: NodeJS.Timeout | undefined;
  const onData = (chunk: Uint8Array): void => {
    clearTimeout(timer);
    for (const event of decoder.push(chunk)) onEvent(event);
    const { patienceMs } = decoder;
    if (patienceMs !== null) timer = setTimeout(() => decoder.flush().forEach(onEvent), patienceMs);
  };
  input.on("data", onData);
  return () => {
    clearTimeout(timer);
    input.off("data", onData);
  };
}
