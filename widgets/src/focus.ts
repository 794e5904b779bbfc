/** What has the focus in `part`, also inside a shadow root; null if it is elsewhere. */
export function focusIn(part: Element): Element | null {
  const { activeElement } = part.getRootNode() as Document | ShadowRoot;
  return part.contains(activeElement) ? activeElement : null;
}
