"""A ground that is a picture, drawn anew for each image: which one, which way round, how bright."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from diffrendergan.config import ground as config
from diffrendergan.config.base import Learned, fixed_at
from diffrendergan.imaging.chain import values_of
from diffrendergan.imaging.contact import contact_shadow
from diffrendergan.rendering.protocol import BufferName, ParameterSpec, specs_of


@dataclass(frozen=True, eq=False)
class PicturedGround:
    """Lays pictures of empty ground under the particles.

    Attributes
    ----------
    section : config.PicturedGround
        Gain, offset, and how far they differ from image to image.
    pictures : torch.Tensor
        Grey values in [0, 1], shape (K, h, w), at least as large as the images.
    repeats : bool
        Whether each picture goes on at its edges as it began, so that it can be cut anywhere.
    scans : tuple of str
        The scan that each picture was taken or grown from; empty if from none.
    """

    section: config.PicturedGround
    pictures: torch.Tensor
    repeats: bool = False
    scans: tuple[str, ...] = ()
    _held: dict[torch.device, torch.Tensor] = field(default_factory=dict, repr=False)

    buffers: tuple[BufferName, ...] = ()
    recorded: bool = True

    @property
    def columns(self) -> tuple[ParameterSpec, ...]:
        """The learned ones of gain, offset, shadow and its reach."""
        return specs_of("imaging.ground", self.section.learned)

    def draw(
        self,
        empty: torch.Tensor,
        learned: Sequence[torch.Tensor],
        buffers: Mapping[BufferName, torch.Tensor],
        rng: torch.Generator | None,
    ) -> torch.Tensor:
        """Return a piece of a picture for each image; see `Ground.draw`."""
        section, values = self.section, self._values(learned, empty)
        pieces = self._pieces(empty, rng)
        device = empty.device if rng is None else rng.device
        spread = torch.randn(2, len(empty), generator=rng, device=device).to(empty)
        gain = values["gain"] * torch.exp(section.gain_spread * spread[0])
        offset = values["offset"] + section.offset_spread * spread[1]
        return offset[:, None, None] + gain[:, None, None] * pieces

    def source(self, rng: torch.Generator) -> str | None:
        """Return the scan of the first image's picture; see `Ground.source`."""
        return self.scans[int(self._chosen(1, rng, rng.device)[1])] if self.scans else None

    def shaded(self, through: torch.Tensor, learned: Sequence[torch.Tensor]) -> torch.Tensor:
        """Darken the ground at the feet of particles; see `Ground.shaded`."""
        if fixed_at(self.section.shadow, 0):
            return through
        values, reach = self._values(learned, through), self.section.shadow_px
        furthest = reach.learn[1] if isinstance(reach, Learned) else reach
        return contact_shadow(through, values["shadow"], values["shadow_px"], furthest)

    def _values(self, learned: Sequence[torch.Tensor], images: torch.Tensor) -> dict[str, torch.Tensor]:
        return values_of({name: getattr(self.section, name) for name in config.LEARNABLE}, learned, images)

    def _pieces(self, empty: torch.Tensor, rng: torch.Generator | None) -> torch.Tensor:
        """Return pieces (B, H, W) of pictures drawn at random, cut, mirrored and turned at random."""
        pictures = self._on(empty.device)
        count, (height, width) = len(empty), pictures.shape[1:]
        chance, picture = self._chosen(count, rng, empty.device)
        down, right = (
            (start * (length if self.repeats else length - size + 1)).long()[:, None]
            + torch.arange(size, device=empty.device)
            for start, length, size in ((chance[1], height, empty.shape[1]), (chance[2], width, empty.shape[2]))
        )
        pieces = pictures[picture[:, None, None], (down % height)[:, :, None], (right % width)[:, None, :]].to(empty)
        flips = (chance[3:] < 0.5)[:, :, None, None]
        if not self.section.mirrored:
            flips = flips[[0, 0, 2]]  # both mirrors together are half a turn
        pieces = torch.where(flips[0], pieces.flip(-1), pieces)
        pieces = torch.where(flips[1], pieces.flip(-2), pieces)
        if self.section.turned and pieces.shape[1] == pieces.shape[2]:
            # Together with the mirrors these are all eight ways to lay a square.
            pieces = torch.where(flips[2], pieces.transpose(1, 2), pieces)
        return pieces

    def _chosen(
        self, count: int, rng: torch.Generator | None, device: torch.device
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return six numbers in [0, 1) for each image (6, B), and the picture that the first of them chooses (B,)."""
        # Drawn in one go and compared on the device: nothing here makes the host wait for a GPU.
        chance = torch.rand(6, count, generator=rng, device=device if rng is None else rng.device).to(device)
        return chance, (chance[0] * len(self.pictures)).long()

    def _on(self, device: torch.device) -> torch.Tensor:
        if device not in self._held:
            self._held[device] = self.pictures.to(device)
        return self._held[device]
