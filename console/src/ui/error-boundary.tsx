import { Component, type ReactNode } from 'react';

interface ErrorBoundaryProps {
  /** The current address; a change retries the children. */
  place?: string;
  /** Shown instead of children that failed. */
  fallback: ReactNode;
  children: ReactNode;
}

/** Keeps the page around it working when its children fail to load or render. React supports this in classes only. */
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
