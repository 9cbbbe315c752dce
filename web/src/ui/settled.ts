/** What stays still for a moment: asking at every key would be asking for nothing. */
import { useEffect, useState } from "react";

const PAUSE = 300;

export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const wait = window.setTimeout(() => setSettled(value), PAUSE);
    return () => window.clearTimeout(wait);
  }, [text]);
  return settled;
}
