import { Component, type ReactNode } from 'react';

interface ErrorBoundaryProps {
  /** Where one is: somewhere else, it tries anew. */
  place?: string;
  /** What is shown instead of children that failed. */
  fallback: ReactNode;
  children: ReactNode;
}

/** Keeps what is around it on show when its children can't be loaded or shown. React has this for classes only. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { hasFailed: boolean }> {
  override readonly state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override componentDidUpdate(before: ErrorBoundaryProps): void {
    if (this.state.hasFailed && before.place !== this.props.place) this.setState({ hasFailed: false });
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}
