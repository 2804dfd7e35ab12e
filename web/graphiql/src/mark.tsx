/** Easel's mark: three legs, a canvas, three strokes of paint. */
export function Mark() {
  return (
    <svg className="easel-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <path d="M16 2v4M11 23 7.5 30M21 23l3.5 7M16 23v5" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      <rect x="5" y="6" width="22" height="16" rx="2" fill="var(--easel-canvas)" stroke="currentColor" strokeWidth="2" />
      <path d="M9 11.2c3-2 5 1 8 0s4-1.2 6-.6" stroke="#e0a526" strokeWidth="2.2" strokeLinecap="round" fill="none" />
      <path d="M9 14.7c3-1.6 4.5 1.2 7.5.2s4.5-1 6.5-.4" stroke="#d0475f" strokeWidth="2.2" strokeLinecap="round" fill="none" />
      <path d="M9 18.2c2.5-1.6 4.5 1 7 .2" stroke="#0f8f7d" strokeWidth="2.2" strokeLinecap="round" fill="none" />
      <path d="M5 23h22" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
