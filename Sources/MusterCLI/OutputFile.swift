import FileInput
import FleetModel

/// A file that a command writes, whole or not at all.
///
/// It is opened before the work begins, so that a path that cannot be written to costs no run.
struct OutputFile: ~Copyable {
    private var output: FileOutput

    /// Opens the file.
    init(path: String) throws(Failure) {
        do throws(DiagnosticList) {
            output = try FileOutput(path: path)
        } catch {
            throw Failure(error.diagnostics, status: .cannotCreate)
        }
    }

    /// Appends bytes.
    mutating func write(_ bytes: [UInt8]) throws(Failure) {
        do throws(DiagnosticList) {
            try output.write(bytes)
        } catch {
            throw Failure(midway: error)
        }
    }

    /// Lets the file appear.
    consuming func commit() throws(Failure) {
        do throws(DiagnosticList) {
            try output.commit()
        } catch {
            throw Failure(midway: error)
        }
    }
}
