/** The sign of the house. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#1f5fbf" />
      <path
        fill="#fff"
        d="M7 12a3 3 0 0 1 3-3h8a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-8a3 3 0 0 1-3-3zm15.5 2.6 3.2-2.1a.8.8 0 0 1 1.3.7v5.6a.8.8 0 0 1-1.3.7l-3.2-2.1z"
      />
    </svg>
  );
}
