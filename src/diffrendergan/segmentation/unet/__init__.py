"""The U-Net: data, training, prediction."""
