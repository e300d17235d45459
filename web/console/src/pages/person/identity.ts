/** Who a page is about, as its address says: `/people/user%3A42`. What cannot be read is taken as it stands. */
export function identityOf(pathname: string): string {
  const written = pathname.split("/")[2] ?? "";
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}
