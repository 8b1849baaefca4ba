"""An algo for the stream-algo node, kind "python": how bright the picture is, and how much that changed within the window.

Copy this file into the modules folder of your stream-engine (Node-RED's user directory, unless you set another) and change run().
It is a class of the Python library stream-infer; only numpy has to be installed.
"""

from stream_infer.algo import BaseAlgo


class Brightness(BaseAlgo):
    def init(self, dark=40):
        self.dark = dark

    def run(self, frames):
        """Frames are arrays (height, width, 3) of uint8, oldest first."""
        means = [frame.mean() for frame in frames]
        return {"brightness": means[-1], "change": means[-1] - means[0], "dark": means[-1] < self.dark}
