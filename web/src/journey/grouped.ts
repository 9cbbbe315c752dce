/** The parts of a list by what they have in common, in their order. */
export function grouped<Key, Part>(parts: Iterable<Part>, keyOf: (part: Part) => Key): Map<Key, Part[]> {
  const found = new Map<Key, Part[]>();
  for (const part of parts) {
    const key = keyOf(part);
    const there = found.get(key);
    if (there) there.push(part);
    else found.set(key, [part]);
  }
  return found;
}
