import API
import ControlPlane
import Synchronization

/// The fleet's figures, added up at most once in a while: they take a look at every node and job.
final class FigureCache: Sendable {
    private struct Kept {
        var figures: FleetFigures
        var view: FleetView
        var at: Int64
    }

    private let plane: ControlPlane
    private let kept = Mutex<Kept?>(nil)

    /// The most that figures are behind, in nanoseconds.
    private static let age: Int64 = 500_000_000

    init(_ plane: ControlPlane) { self.plane = plane }

    /// Figures of a view that is at most half a second old.
    func current() -> (figures: FleetFigures, view: FleetView) {
        kept.withLock { kept in
            let now = FleetClock.monotonic()
            if let kept, now - kept.at < FigureCache.age { return (kept.figures, kept.view) }
            let view = plane.view
            let figures = FleetFigures(view)
            kept = Kept(figures: figures, view: view, at: now)
            return (figures, view)
        }
    }
}
